//! `veritag.toml`: what a service needs to know, beneath environment and flags, above defaults.

mod error;
mod load;
mod people;
mod secret;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use error::ConfigError;
pub use load::{load, variables};
pub use people::{ReviewSettings, Role, User};
pub use secret::{Secret, SecretRef};

use crate::assessment::plain_name;
use crate::database::{sqlite_url, storable};
use crate::ingest::DialectName;
use crate::tags::Tags;
use crate::upload_event::Location;

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub service: Service,
    pub runner: Runner,
    pub tags: Tags,
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
    #[serde(rename = "store")]
    pub stores: Vec<Store>,
    #[serde(rename = "webhook")]
    pub webhooks: Vec<Webhook>,
    pub review: ReviewSettings,
    #[serde(rename = "user")]
    pub users: Vec<User>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Service {
    pub listen: SocketAddr,
    /// `sqlite://FILE` or `postgres://USER@HOST/NAME`.
    pub database: String,
    /// Where uploads are kept until they are done, and copies while they are scanned.
    pub spool: PathBuf,
    /// At most so many bytes in it: an upload that does not fit is answered 507.
    #[serde(alias = "most_spool_bytes")]
    pub max_spool_bytes: u64,
    /// At most so many bytes of an asset.
    #[serde(alias = "most_bytes")]
    pub max_bytes: u64,
    /// At most so many bytes of a hook's message.
    #[serde(alias = "most_message_bytes")]
    pub max_message_bytes: usize,
    /// At most so many windows of 20 frames of a video are scanned.
    pub windows: u16,
    /// Seconds that one run of ffmpeg may take.
    #[serde(alias = "patience_s")]
    pub timeout_s: u32,
    /// Seconds that a shutdown waits for what is running.
    pub drain_s: u32,
    /// How often a job is attempted before it fails.
    pub attempts: u16,
}

impl Default for Service {
    fn default() -> Self {
        let data = dirs::data_local_dir().unwrap_or_else(std::env::temp_dir).join("veritag");
        Self {
            listen: ([127, 0, 0, 1], 8700).into(),
            database: sqlite_url(&data.join("veritag.db")),
            spool: data.join("spool"),
            max_spool_bytes: 64 << 30,
            max_bytes: 4 << 30,
            max_message_bytes: 1 << 20,
            windows: 4,
            timeout_s: 60,
            drain_s: 30,
            attempts: 5,
        }
    }
}

/// A server that computes features in the sandbox's place.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Runner {
    /// `http://HOST:8000/v2/models/NAME` or `grpc://HOST:8001/NAME`; without it, the sandbox computes.
    pub url: Option<String>,
    /// What our requests bear: `Authorization: Bearer TOKEN`.
    pub token: Option<SecretRef>,
    /// A file of certificates in PEM: the server's is signed by one of them.
    pub ca: Option<PathBuf>,
    /// The sandbox stands in where the runner fails.
    pub fallback: bool,
    /// At most so many requests at once.
    pub max_in_flight: u16,
    /// At most so many crops in a request.
    pub max_batch: u16,
    /// Milliseconds that crops wait for those of other assets.
    pub batch_wait_ms: u16,
    /// Seconds that an attempt may take.
    pub timeout_s: u16,
    /// How often a request is attempted before it fails.
    pub attempts: u16,
}

impl Default for Runner {
    fn default() -> Self {
        Self {
            url: None,
            token: None,
            ca: None,
            fallback: false,
            max_in_flight: 4,
            max_batch: 64,
            batch_wait_ms: 2,
            timeout_s: 30,
            attempts: 3,
        }
    }
}

/// Who may say that assets were uploaded, how, and where these may be.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The last part of its address: `/v1/hooks/NAME`.
    pub name: String,
    pub dialect: DialectName,
    /// What its requests bear: `Authorization: Bearer TOKEN`, or as a password.
    pub token: Option<SecretRef>,
    /// What its requests are signed with, by Standard Webhooks.
    pub signing_secret: Option<SecretRef>,
    /// Its requests come unsigned, and are trusted.
    #[serde(default)]
    pub open: bool,
    /// Its files are below this directory.
    pub root: Option<PathBuf>,
    /// Its paths begin with this, which `root` stands for.
    #[serde(default)]
    pub strip_prefix: String,
    /// Its objects are in this store.
    pub store: Option<String>,
    /// Its URLs are on these hosts.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// These hosts may have private addresses.
    #[serde(default)]
    pub private: bool,
    /// Of uploads that ask before they finish (tusd's pre-finish), those with such a verdict are refused.
    #[serde(default)]
    pub reject: Vec<veritag_abi::Verdict>,
}

/// An object store.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    pub name: String,
    /// Only these buckets.
    pub buckets: Vec<String>,
    /// S3-compatible: where it is [default: AWS].
    pub endpoint: Option<String>,
    #[serde(default = "region")]
    pub region: String,
    pub access_key: Option<SecretRef>,
    pub secret_key: Option<SecretRef>,
    /// Write the verdict to the object as a tag.
    #[serde(default)]
    pub tag_objects: bool,
}

impl Source {
    /// The one address of a location, however a message writes it.
    pub fn address(&self, location: &Location) -> String {
        let address = match location {
            Location::Path(path) => Location::Path(self.below_root(path).to_string_lossy().into_owned()).to_string(),
            other => other.to_string(),
        };
        storable(&address)
    }

    /// Where a path of this source's messages leads, unless links or dots lead elsewhere.
    pub fn below_root(&self, path: &str) -> PathBuf {
        let root = self.root.clone().unwrap_or_default();
        let stripped = self.without_prefix(path).unwrap_or(path);
        let inside = Path::new(stripped).strip_prefix(&root).ok();
        root.join(inside.unwrap_or(Path::new(stripped.trim_start_matches('/'))))
    }

    /// What follows `strip_prefix`, which ends where a part of the path does: `/uploads` is no prefix of `/uploads2/x`.
    fn without_prefix<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(&self.strip_prefix)?;
        let whole = self.strip_prefix.is_empty() || self.strip_prefix.ends_with('/');
        (whole || rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }
}

fn region() -> String {
    "us-east-1".into()
}

/// Who is told what was found.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    pub url: String,
    /// `whsec_…`: what our requests are signed with, by Standard Webhooks.
    pub secret: SecretRef,
    /// [default: all]
    #[serde(default)]
    pub events: Vec<WebhookEvent>,
    /// Only what came from these sources [default: all].
    #[serde(default)]
    pub sources: Vec<String>,
}

/// A URL without what may be a secret in it.
pub fn without_secrets(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (scheme, rest) = url[..end].split_once("://").unwrap_or(("", &url[..end]));
    format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
}

/// What a webhook may tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WebhookEvent {
    #[serde(rename = "assessment.completed")]
    AssessmentCompleted,
    #[serde(rename = "assessment.failed")]
    AssessmentFailed,
    #[serde(rename = "review.changed")]
    ReviewChanged,
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain_name(self))
    }
}

#[cfg(test)]
mod tests;

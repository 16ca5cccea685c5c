//! What every dialect comes down to: an asset was uploaded, and here it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A source's word that an asset was uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadEvent {
    pub location: Location,
    /// What people call the asset.
    pub name: String,
    /// Tells this content of the location from an earlier one, if the source says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What the source itself calls the asset: it comes back with every answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<String>,
}

/// Where the bytes are. Nothing of this is trusted until the source's configuration allows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Location {
    /// In an object store.
    Object { bucket: String, key: String },
    /// A file, below the source's root.
    Path(String),
    /// Uploaded to this service, under this name in the spool of one machine.
    Upload { spool: String, name: String },
    /// To be fetched, from one of the source's hosts.
    Url(String),
}

impl UploadEvent {
    pub fn new(location: Location) -> Self {
        let name = location.last_part().to_owned();
        Self { location, name, version: None, external: None }
    }

    pub fn named(mut self, name: Option<String>) -> Self {
        self.name = name.filter(|name| !name.is_empty()).unwrap_or(self.name);
        self
    }

    pub fn version(self, version: Option<String>) -> Self {
        Self { version, ..self }
    }

    pub fn external(self, external: impl Into<String>) -> Self {
        Self { external: Some(external.into()), ..self }
    }
}

impl Location {
    /// Whether an object of so many bytes is how consoles make folders: empty, its key ending in a slash.
    pub fn is_folder(&self, bytes: Option<u64>) -> bool {
        matches!(self, Self::Object { key, .. } if key.ends_with('/')) && bytes == Some(0)
    }

    fn last_part(&self) -> &str {
        let whole = match self {
            // What follows may be a secret.
            Self::Url(url) => url.split(['?', '#']).next().unwrap_or_default(),
            Self::Object { key: whole, .. } | Self::Path(whole) | Self::Upload { name: whole, .. } => whole,
        };
        whole.rsplit('/').find(|part| !part.is_empty()).unwrap_or(whole)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { bucket, key } => write!(f, "object {bucket}/{key}"),
            Self::Path(path) => write!(f, "path {path}"),
            Self::Upload { spool, name } => write!(f, "upload {spool}/{name}"),
            Self::Url(url) => write!(f, "url {url}"),
        }
    }
}

//! What every dialect comes down to: an asset has arrived, and here it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An asset that a source says has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    pub place: Place,
    /// What people call it.
    pub name: String,
    /// What tells this content of the place from an earlier one, if the source says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What the source itself calls it: that is where tags go back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<String>,
}

/// Where the bytes are. Nothing of this is trusted until the source's configuration allows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In an object store.
    Object { bucket: String, key: String },
    /// A file, below the source's root.
    Path(String),
    /// Uploaded to this service, under this name in the spool of one machine.
    Upload { spool: String, name: String },
    /// To be fetched, from one of the source's hosts.
    Url(String),
}

impl Arrival {
    pub fn new(place: Place) -> Self {
        let name = place.last_part().to_owned();
        Self { place, name, version: None, external: None }
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

impl Place {
    fn last_part(&self) -> &str {
        let whole = match self {
            // What follows may be a secret.
            Self::Url(url) => url.split(['?', '#']).next().unwrap_or_default(),
            Self::Object { key: whole, .. } | Self::Path(whole) | Self::Upload { name: whole, .. } => whole,
        };
        whole.rsplit('/').find(|part| !part.is_empty()).unwrap_or(whole)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { bucket, key } => write!(f, "object {bucket}/{key}"),
            Self::Path(path) => write!(f, "path {path}"),
            Self::Upload { spool, name } => write!(f, "upload {spool}/{name}"),
            Self::Url(url) => write!(f, "url {url}"),
        }
    }
}

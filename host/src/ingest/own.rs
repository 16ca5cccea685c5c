//! Our own way to say that an asset has arrived, for everything that can make an HTTP request.

use serde::Deserialize;
use utoipa::ToSchema;

use super::arrival::{Arrival, Place};
use super::error::HookError;

/// Where an asset is: one of `url`, `path`, or `bucket` with `key`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// To be fetched, from a host that the source allows.
    pub url: Option<String>,
    /// A file below the source's root.
    pub path: Option<String>,
    pub bucket: Option<String>,
    pub key: Option<String>,
    /// What people call it [default: the last part of where it is].
    pub name: Option<String>,
    /// What tells this content from an earlier one of the same place.
    pub version: Option<String>,
    /// What you call it: comes back with every answer.
    pub external: Option<String>,
}

/// # Errors
/// [`HookError::Malformed`].
pub fn arrival(body: &[u8]) -> Result<Arrival, HookError> {
    let reference: Reference = serde_json::from_slice(body).map_err(HookError::malformed("veritag"))?;
    reference.arrival()
}

impl Reference {
    /// # Errors
    /// [`HookError::Malformed`] when it does not name one place.
    pub fn arrival(self) -> Result<Arrival, HookError> {
        let place = match (self.url, self.path, self.bucket, self.key) {
            (Some(url), None, None, None) => Place::Url(url),
            (None, Some(path), None, None) => Place::Path(path),
            (None, None, Some(bucket), Some(key)) => Place::Object { bucket, key },
            _ => return Err(HookError::malformed("veritag")("give one of url, path, or bucket with key")),
        };
        let arrival = Arrival::new(place).named(self.name).version(self.version);
        Ok(Arrival { external: self.external, ..arrival })
    }
}

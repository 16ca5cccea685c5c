//! Our own way to say that an asset was uploaded, for everything that can make an HTTP request.

use http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Dialect, HookError, Message};
use crate::upload_event::{Location, UploadEvent};

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
    /// What tells this content from an earlier one of the same location.
    pub version: Option<String>,
    /// What you call it: comes back with every answer.
    pub external: Option<String>,
}

pub struct Veritag;

impl Dialect for Veritag {
    fn read(&self, _: &HeaderMap, body: &[u8]) -> Result<Message, HookError> {
        Ok(vec![upload_event(body)?].into())
    }
}

/// # Errors
/// [`HookError::Malformed`].
pub fn upload_event(body: &[u8]) -> Result<UploadEvent, HookError> {
    let reference: Reference = serde_json::from_slice(body).map_err(HookError::malformed("veritag"))?;
    reference.upload_event()
}

impl Reference {
    fn upload_event(self) -> Result<UploadEvent, HookError> {
        let location = match (self.url, self.path, self.bucket, self.key) {
            (Some(url), None, None, None) => Location::Url(url),
            (None, Some(path), None, None) => Location::Path(path),
            (None, None, Some(bucket), Some(key)) => Location::Object { bucket, key },
            _ => return Err(HookError::malformed("veritag")("give one of url, path, or bucket with key")),
        };
        let event = UploadEvent::new(location).named(self.name).version(self.version);
        Ok(UploadEvent { external: self.external, ..event })
    }
}

//! tusd, over HTTP or as a hook file: <https://tus.github.io/tusd/advanced-topics/hooks/>.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::arrival::{Arrival, Place};
use super::error::HookError;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    #[serde(rename = "Type")]
    pub kind: Kind,
    event: Event,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Blocks: the upload may still be rejected.
    PreFinish,
    /// The upload is complete.
    PostFinish,
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    upload: Upload,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Upload {
    #[serde(rename = "ID")]
    id: String,
    #[serde(default)]
    is_partial: bool,
    /// Go writes what is empty as null.
    meta_data: Option<HashMap<String, String>>,
    storage: Option<HashMap<String, String>>,
}

/// # Errors
/// [`HookError::Malformed`].
pub fn message(body: &[u8]) -> Result<Message, HookError> {
    serde_json::from_slice(body).map_err(HookError::malformed("tusd"))
}

impl Message {
    /// The upload, once it is whole and stored.
    ///
    /// # Errors
    /// As [`Message::upload`].
    pub fn finished(self) -> Result<Option<Arrival>, HookError> {
        if self.kind == Kind::PostFinish { self.upload() } else { Ok(None) }
    }

    /// The upload; parts of a parallel one are none.
    ///
    /// # Errors
    /// [`HookError::Malformed`] when it does not say where the upload is.
    pub fn upload(self) -> Result<Option<Arrival>, HookError> {
        let upload = self.event.upload;
        if upload.is_partial {
            return Ok(None);
        }
        let mut storage = upload.storage.unwrap_or_default();
        let place = match (storage.remove("Path"), storage.remove("Bucket"), storage.remove("Key")) {
            (Some(path), _, _) => Place::Path(path),
            (None, Some(bucket), Some(key)) => Place::Object { bucket, key },
            _ => return Err(HookError::malformed("tusd")("Event.Upload.Storage names no Path, and no Bucket and Key")),
        };
        let meta_data = upload.meta_data.unwrap_or_default();
        let name = meta_data.get("filename").or(meta_data.get("name")).cloned();
        Ok(Some(Arrival::new(place).named(name).version(Some(upload.id.clone())).external(upload.id)))
    }
}

/// What tells tusd to go on.
pub fn accept() -> Value {
    json!({})
}

/// What tells the client of an upload that it is refused, and why. tusd keeps the bytes: it heeds `RejectUpload` only
/// before there are any.
pub fn reject(why: &str) -> Value {
    let header = json!({ "Content-Type": "text/plain; charset=utf-8" });
    json!({ "HTTPResponse": { "StatusCode": 422, "Body": why, "Header": header } })
}

//! tusd, over HTTP or as a hook file: <https://tus.github.io/tusd/advanced-topics/hooks/>.

use std::collections::HashMap;

use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Dialect, HookError, Message, Refused};
use crate::upload_event::{Location, UploadEvent};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Hook {
    #[serde(rename = "Type")]
    kind: Kind,
    /// Of hooks about uploads that are finished, an [`Event`].
    #[serde(default)]
    event: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
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

pub struct Tusd;

impl Dialect for Tusd {
    fn read(&self, _: &HeaderMap, body: &[u8]) -> Result<Message, HookError> {
        let malformed = HookError::malformed("tusd");
        let Hook { kind, event } = serde_json::from_slice(body).map_err(&malformed)?;
        if kind == Kind::Other {
            return Ok(Message::default());
        }
        let Event { upload } = serde_json::from_value(event).map_err(&malformed)?;
        // A part of a parallel upload is none.
        if upload.is_partial {
            return Ok(Message::default());
        }
        let message = Message::from(vec![upload.upload_event()?]);
        Ok(Message { awaits_verdict: kind == Kind::PreFinish, ..message })
    }

    /// A rejection is for the client. tusd keeps the bytes: it heeds `RejectUpload` only before there are any.
    fn answer(&self, _: &[String], _: &[Refused], rejected: Option<&str>) -> Answer {
        let header = json!({ "Content-Type": "text/plain; charset=utf-8" });
        let reject = |why| json!({ "HTTPResponse": { "StatusCode": 422, "Body": why, "Header": header } });
        Answer { status: StatusCode::OK, body: rejected.map_or(json!({}), reject) }
    }
}

impl Upload {
    fn upload_event(self) -> Result<UploadEvent, HookError> {
        let mut storage = self.storage.unwrap_or_default();
        let location = match (storage.remove("Path"), storage.remove("Bucket"), storage.remove("Key")) {
            (Some(path), _, _) => Location::Path(path),
            (None, Some(bucket), Some(key)) => Location::Object { bucket, key },
            _ => return Err(HookError::malformed("tusd")("Event.Upload.Storage names no Path, and no Bucket and Key")),
        };
        let meta_data = self.meta_data.unwrap_or_default();
        let name = meta_data.get("filename").or(meta_data.get("name")).cloned();
        Ok(UploadEvent::new(location).named(name).version(Some(self.id.clone())).external(self.id))
    }
}

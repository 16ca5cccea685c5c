//! Directus's flows: an event hook on `files.upload`, then a web request with `{{$trigger}}` as its body.
//! <https://docs.directus.io/app/flows/triggers.html>

use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use super::{Dialect, HookError, Message};
use crate::upload_event::{Location, UploadEvent};

#[derive(Deserialize)]
struct Trigger {
    event: String,
    key: Option<Value>,
    #[serde(default)]
    payload: Value,
}

#[derive(Deserialize)]
struct Payload {
    filename_download: Option<String>,
    filename_disk: Option<String>,
    title: Option<String>,
    filesize: Option<Value>,
    modified_on: Option<String>,
    uploaded_on: Option<String>,
}

pub struct Directus;

impl Dialect for Directus {
    fn read(&self, _: &HeaderMap, body: &[u8]) -> Result<Message, HookError> {
        read(body).map(Message::from)
    }
}

/// The file that was uploaded; `items.create` and the like are none.
fn read(body: &[u8]) -> Result<Vec<UploadEvent>, HookError> {
    let malformed = HookError::malformed("directus");
    let missing = |name| malformed(serde::de::Error::missing_field(name));
    let message: Trigger = serde_json::from_slice(body).map_err(&malformed)?;
    // Others have payloads of their own.
    if message.event != "files.upload" {
        return Ok(Vec::new());
    }
    let key = message.key.as_ref().and_then(Value::as_str).ok_or_else(|| missing("key"))?;
    let payload: Payload = serde_json::from_value(message.payload).map_err(&malformed)?;
    let Payload { filename_download, filename_disk, title, filesize, modified_on, uploaded_on } = payload;
    // A file that is replaced keeps its key.
    let moment = modified_on.or(uploaded_on).unwrap_or_default();
    let version = format!("{key} {} {moment}", filesize.unwrap_or_default());
    let disk = filename_disk.ok_or_else(|| missing("payload.filename_disk"))?;
    Ok(vec![
        UploadEvent::new(Location::Path(disk)).named(filename_download.or(title)).version(Some(version)).external(key),
    ])
}

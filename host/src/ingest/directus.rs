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
    key: Option<String>,
    #[serde(default)]
    payload: Payload,
}

#[derive(Default, Deserialize)]
#[serde(default)]
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
    let message: Trigger = serde_json::from_slice(body).map_err(&malformed)?;
    if message.event != "files.upload" {
        return Ok(Vec::new());
    }
    let key = message.key.ok_or_else(|| malformed(serde::de::Error::missing_field("key")))?;
    let Payload { filename_download, filename_disk, title, filesize, modified_on, uploaded_on } = message.payload;
    // A file that is replaced keeps its key.
    let moment = modified_on.or(uploaded_on).unwrap_or_default();
    let version = format!("{key} {} {moment}", filesize.unwrap_or_default());
    let disk = filename_disk.ok_or_else(|| malformed(serde::de::Error::missing_field("payload.filename_disk")))?;
    Ok(vec![
        UploadEvent::new(Location::Path(disk)).named(filename_download.or(title)).version(Some(version)).external(key),
    ])
}

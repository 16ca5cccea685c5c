//! SeaweedFS's filer notifications: <https://github.com/seaweedfs/seaweedfs/wiki/Filer-Notification-Webhook>.

use http::HeaderMap;
use serde::Deserialize;

use super::{Dialect, HookError, Message};
use crate::upload_event::{Location, UploadEvent};

#[derive(Deserialize)]
struct Notification {
    event_type: String,
    key: String,
    message: Change,
}

#[derive(Deserialize)]
struct Change {
    new_entry: Option<Entry>,
    new_parent_path: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    name: Option<String>,
    #[serde(default)]
    is_directory: bool,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes {
    md5: Option<String>,
    mtime: Option<i64>,
}

pub struct SeaweedFs;

impl Dialect for SeaweedFs {
    fn read(&self, _: &HeaderMap, body: &[u8]) -> Result<Message, HookError> {
        read(body).map(Message::from)
    }
}

/// The file that was created or moved here, if it is in a bucket; folders and the store's own files are left out.
fn read(body: &[u8]) -> Result<Vec<UploadEvent>, HookError> {
    let message: Notification = serde_json::from_slice(body).map_err(HookError::malformed("seaweedfs"))?;
    let Change { new_entry, new_parent_path } = message.message;
    let entry = new_entry.filter(|entry| !entry.is_directory && message.event_type != "delete");
    let Some(entry) = entry else { return Ok(Vec::new()) };
    let moved = new_parent_path.zip(entry.name.clone()).filter(|_| message.event_type == "rename");
    let path = moved.map_or(message.key, |(parent, name)| format!("{parent}/{name}"));
    let Some((bucket, key)) = path.strip_prefix("/buckets/").and_then(|path| path.split_once('/')) else {
        return Ok(Vec::new());
    };
    if path.split('/').any(|part| part.starts_with('.')) {
        return Ok(Vec::new());
    }
    let location = Location::Object { bucket: bucket.into(), key: key.into() };
    let Attributes { md5, mtime } = entry.attributes;
    Ok(vec![UploadEvent::new(location).version(md5.or_else(|| mtime.map(|seconds| seconds.to_string())))])
}

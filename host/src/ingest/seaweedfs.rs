//! SeaweedFS's filer notifications: <https://github.com/seaweedfs/seaweedfs/wiki/Filer-Notification-Webhook>.

use serde::Deserialize;

use super::arrival::{Arrival, Place};
use super::error::HookError;

#[derive(Deserialize)]
struct Message {
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

/// The file that was made or moved here, if it is in a bucket: folders and the store's own files are none of ours.
///
/// # Errors
/// [`HookError::Malformed`].
pub fn arrivals(body: &[u8]) -> Result<Vec<Arrival>, HookError> {
    let message: Message = serde_json::from_slice(body).map_err(HookError::malformed("seaweedfs"))?;
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
    let place = Place::Object { bucket: bucket.into(), key: key.into() };
    let Attributes { md5, mtime } = entry.attributes;
    Ok(vec![Arrival::new(place).version(md5.or_else(|| mtime.map(|seconds| seconds.to_string())))])
}

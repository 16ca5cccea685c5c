//! S3 event notifications: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>.
//!
//! MinIO and Ceph send them over HTTP. For AWS, an API destination of EventBridge does, or a subscription of SNS, whose
//! envelopes are opened before they come here.

use http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;

use super::{Dialect, HookError, Message};
use crate::upload_event::{Location, UploadEvent};

#[derive(Deserialize)]
#[serde(untagged)]
enum Notification {
    Records {
        #[serde(rename = "Records")]
        records: Vec<Value>,
    },
    Bridge {
        #[serde(rename = "detail-type")]
        kind: String,
        detail: Value,
    },
    Test {
        #[serde(rename = "Event")]
        event: String,
    },
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventName")]
    name: String,
    s3: Option<Value>,
}

#[derive(Deserialize)]
struct Detail {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
    size: Option<u64>,
    #[serde(rename = "versionId", alias = "version-id")]
    version: Option<String>,
    sequencer: Option<String>,
    #[serde(rename = "eTag", alias = "etag")]
    etag: Option<String>,
}

pub struct S3;

impl Dialect for S3 {
    fn read(&self, _: &HeaderMap, body: &[u8]) -> Result<Message, HookError> {
        let unknown = |_| HookError::malformed("s3")("no Records, no event of EventBridge, no s3:TestEvent");
        match serde_json::from_slice(body).map_err(unknown)? {
            Notification::Records { records } => Message::of_batch(records, of_record),
            Notification::Bridge { kind, detail } if kind == "Object Created" => {
                Ok(Vec::from_iter(Detail::read(detail)?.upload_event()).into())
            }
            Notification::Bridge { .. } => Ok(Message::default()),
            Notification::Test { event } if event == "s3:TestEvent" => Ok(Message::default()),
            Notification::Test { event } => Err(HookError::malformed("s3")(format!("unknown event {event}"))),
        }
    }
}

/// The object that was created; what was removed or restored is left out.
fn of_record(record: Value) -> Result<Option<UploadEvent>, HookError> {
    let record: Record = serde_json::from_value(record).map_err(HookError::malformed("s3"))?;
    if !record.name.trim_start_matches("s3:").starts_with("ObjectCreated:") {
        return Ok(None);
    }
    let mut detail = Detail::read(record.s3.unwrap_or_default())?;
    detail.object.key = decoded(&detail.object.key)?;
    Ok(detail.upload_event())
}

impl Detail {
    fn read(detail: Value) -> Result<Self, HookError> {
        serde_json::from_value(detail).map_err(HookError::malformed("s3"))
    }

    /// None for a folder, which consoles make as an empty object.
    fn upload_event(self) -> Option<UploadEvent> {
        let Self { bucket, object } = self;
        let location = Location::Object { bucket: bucket.name, key: object.key };
        if location.is_folder(object.size) {
            return None;
        }
        let named = |text: &String| !text.is_empty() && text != "null";
        // The same content put once more has lost its tags: the sequencer tells.
        let unversioned = [object.etag, object.sequencer].into_iter().flatten().collect::<Vec<_>>().join(" ");
        Some(UploadEvent::new(location).version(object.version.filter(named).or(Some(unversioned).filter(named))))
    }
}

/// Records write keys as forms do: a space is a plus.
fn decoded(key: &str) -> Result<String, HookError> {
    let key = key.replace('+', " ");
    let decoded = percent_decode_str(&key).decode_utf8().map_err(HookError::malformed("s3"))?;
    Ok(decoded.into_owned())
}

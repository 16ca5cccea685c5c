//! S3 event notifications, as MinIO and Ceph send them over HTTP, and as an API destination of EventBridge does for AWS:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>.
//!
//! S3 itself calls no URL. SNS does, in an envelope and after a handshake that are not understood here.

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::arrival::{Arrival, Place};
use super::error::HookError;

#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Records {
        #[serde(rename = "Records")]
        records: Vec<Record>,
    },
    Bridge {
        #[serde(rename = "detail-type")]
        kind: String,
        detail: Detail,
    },
    Test {
        #[serde(rename = "Event")]
        event: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    s3: Detail,
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
    #[serde(rename = "versionId", alias = "version-id")]
    version: Option<String>,
    sequencer: Option<String>,
    #[serde(rename = "eTag", alias = "etag")]
    etag: Option<String>,
}

/// The objects that were made; what was removed or restored is none of ours, nor is the test event.
///
/// # Errors
/// [`HookError::Malformed`].
pub fn arrivals(body: &[u8]) -> Result<Vec<Arrival>, HookError> {
    let malformed = HookError::malformed("s3");
    match serde_json::from_slice(body) {
        Ok(Message::Records { records }) => {
            let made = |record: &Record| record.event_name.trim_start_matches("s3:").starts_with("ObjectCreated:");
            Ok(records.into_iter().filter(made).map(|record| arrival(record.s3, decoded)).collect())
        }
        Ok(Message::Bridge { kind, detail }) if kind == "Object Created" => Ok(vec![arrival(detail, str::to_owned)]),
        Ok(Message::Test { event }) if event != "s3:TestEvent" => Err(malformed(format!("what is {event}?"))),
        Ok(Message::Bridge { .. } | Message::Test { .. }) => Ok(Vec::new()),
        Err(_) => Err(malformed("neither Records, nor EventBridge's detail, nor s3:TestEvent".into())),
    }
}

fn arrival(detail: Detail, key: impl Fn(&str) -> String) -> Arrival {
    let Detail { bucket, object } = detail;
    let place = Place::Object { bucket: bucket.name, key: key(&object.key) };
    let named = |text: &String| !text.is_empty() && text != "null";
    // The same content put once more has lost its tags: the sequencer tells.
    let unversioned = [object.etag, object.sequencer].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Arrival::new(place).version(object.version.filter(named).or(Some(unversioned).filter(named)))
}

/// Records write keys as forms do: a space is a plus.
fn decoded(key: &str) -> String {
    percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
}

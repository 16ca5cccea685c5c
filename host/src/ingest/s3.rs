//! S3 event notifications: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>.
//!
//! MinIO and Ceph send them over HTTP. For AWS, an API destination of EventBridge does, or a subscription of SNS, which
//! the operator confirms: <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>.

use http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use tracing::warn;

use super::{Dialect, HookError, Message};
use crate::upload_event::{Location, UploadEvent};

#[derive(Deserialize)]
#[serde(untagged)]
enum Notification {
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
    Sns(Envelope),
}

#[derive(Deserialize)]
#[serde(tag = "Type")]
enum Envelope {
    #[serde(rename_all = "PascalCase")]
    Notification {
        message: String,
    },
    #[serde(rename_all = "PascalCase")]
    SubscriptionConfirmation {
        topic_arn: String,
        #[serde(rename = "SubscribeURL")]
        subscribe_url: String,
    },
    UnsubscribeConfirmation {},
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

pub struct S3;

impl Dialect for S3 {
    fn read(&self, _: &HeaderMap, body: &[u8]) -> Result<Message, HookError> {
        match parse(body)? {
            Notification::Sns(Envelope::Notification { message }) => events(parse(message.as_bytes())?),
            other => events(other),
        }
        .map(Message::from)
    }
}

fn parse(body: &[u8]) -> Result<Notification, HookError> {
    let unknown = |_| HookError::malformed("s3")("no Records, no event of EventBridge or SNS, no s3:TestEvent");
    serde_json::from_slice(body).map_err(unknown)
}

/// The objects that were created; what was removed or restored is left out, and so is the test event.
fn events(notification: Notification) -> Result<Vec<UploadEvent>, HookError> {
    match notification {
        Notification::Records { records } => {
            let created = |record: &Record| record.event_name.trim_start_matches("s3:").starts_with("ObjectCreated:");
            Ok(records.into_iter().filter(created).map(|record| upload_event(record.s3, decoded)).collect())
        }
        Notification::Bridge { kind, detail } if kind == "Object Created" => {
            Ok(vec![upload_event(detail, str::to_owned)])
        }
        Notification::Bridge { .. } | Notification::Sns(Envelope::UnsubscribeConfirmation {}) => Ok(Vec::new()),
        Notification::Test { event } if event == "s3:TestEvent" => Ok(Vec::new()),
        Notification::Test { event } => Err(HookError::malformed("s3")(format!("unknown event {event}"))),
        Notification::Sns(Envelope::SubscriptionConfirmation { topic_arn, subscribe_url }) => {
            // Whoever may send a message could have us fetch any URL, or subscribe us to a topic of theirs.
            warn!(topic_arn, subscribe_url, "SNS sends nothing until this address has been opened");
            Ok(Vec::new())
        }
        Notification::Sns(Envelope::Notification { .. }) => Err(HookError::malformed("s3")("an envelope in another")),
    }
}

fn upload_event(detail: Detail, key: impl Fn(&str) -> String) -> UploadEvent {
    let Detail { bucket, object } = detail;
    let location = Location::Object { bucket: bucket.name, key: key(&object.key) };
    let named = |text: &String| !text.is_empty() && text != "null";
    // The same content put once more has lost its tags: the sequencer tells.
    let unversioned = [object.etag, object.sequencer].into_iter().flatten().collect::<Vec<_>>().join(" ");
    UploadEvent::new(location).version(object.version.filter(named).or(Some(unversioned).filter(named)))
}

/// Records write keys as forms do: a space is a plus.
fn decoded(key: &str) -> String {
    percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
}

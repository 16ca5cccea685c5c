//! How other systems say that an asset was uploaded: a dialect each, and what they have in common.

mod cloudevents;
mod directus;
mod error;
pub mod own;
mod s3;
mod seaweedfs;
pub mod sns;
mod strapi;
mod tusd;

use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::upload_event::UploadEvent;
pub use error::HookError;

/// A language that a source speaks. One file implements it, and one line of [`DialectName`] makes it known.
pub trait Dialect: Sync {
    /// The upload events of a message: none where it speaks of something else.
    ///
    /// # Errors
    /// [`HookError::Malformed`] when it is no message of this dialect.
    fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Message, HookError>;

    /// What the source is answered, once its events have become `jobs`, some records were refused, and, if it waits for a
    /// verdict, its upload was accepted, or rejected and why.
    fn answer(&self, jobs: &[String], refused: &[Refused], rejected: Option<&str>) -> Answer {
        let _ = rejected;
        match (jobs, refused) {
            ([], []) => Answer { status: StatusCode::OK, body: json!({ "jobs": [] }) },
            (_, []) => Answer { status: StatusCode::ACCEPTED, body: json!({ "jobs": jobs }) },
            _ => Answer { status: StatusCode::ACCEPTED, body: json!({ "jobs": jobs, "refused": refused }) },
        }
    }
}

/// What a message comes down to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    pub events: Vec<UploadEvent>,
    /// Records of a batch that say nothing that can be understood: the others count all the same.
    pub refused: Vec<Refused>,
    /// The upload is not complete yet: the source waits for the answer, which may reject it.
    pub awaits_verdict: bool,
}

/// A record of a batch that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Refused {
    /// Which one, from 0.
    pub record: usize,
    pub why: String,
}

/// An answer in the words of the dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

/// A dialect as the configuration names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DialectName {
    Tusd,
    S3,
    SeaweedFs,
    Strapi,
    Directus,
    CloudEvents,
    Veritag,
}

impl DialectName {
    pub fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::Tusd => &tusd::Tusd,
            Self::S3 => &s3::S3,
            Self::SeaweedFs => &seaweedfs::SeaweedFs,
            Self::Strapi => &strapi::Strapi,
            Self::Directus => &directus::Directus,
            Self::CloudEvents => &cloudevents::CloudEvents,
            Self::Veritag => &own::Veritag,
        }
    }
}

impl From<Vec<UploadEvent>> for Message {
    fn from(events: Vec<UploadEvent>) -> Self {
        Self { events, ..Self::default() }
    }
}

impl Message {
    /// Of a batch, each record read by itself: it announces an upload, something else, or nothing that is understood.
    ///
    /// # Errors
    /// That of the first record, if none is understood.
    fn of_batch<T>(
        records: impl IntoIterator<Item = T>,
        read: impl Fn(T) -> Result<Option<UploadEvent>, HookError>,
    ) -> Result<Self, HookError> {
        let (mut message, mut first, mut understood) = (Self::default(), None, false);
        for (record, content) in records.into_iter().enumerate() {
            match read(content) {
                Ok(event) => {
                    understood = true;
                    message.events.extend(event);
                }
                Err(error) => {
                    message.refused.push(Refused { record, why: error.to_string() });
                    first.get_or_insert(error);
                }
            }
        }
        first.filter(|_| !understood).map_or(Ok(message), Err)
    }
}

#[cfg(test)]
mod tests;

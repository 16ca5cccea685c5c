//! How other systems say that an asset was uploaded: a dialect each, and what they have in common.

mod cloudevents;
mod directus;
mod error;
pub mod own;
mod s3;
mod seaweedfs;
mod strapi;
mod tusd;

use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::upload_event::UploadEvent;
pub use error::HookError;

/// A language that a source speaks. One file implements it, and one line of [`DialectName`] makes it known.
pub trait Dialect: Sync {
    /// The upload events of a message: none where it speaks of something else.
    ///
    /// # Errors
    /// [`HookError::Malformed`] when it is no message of this dialect.
    fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Message, HookError>;

    /// What the source is answered, once its events have become `jobs` and, if it waits for a verdict, its upload was
    /// accepted, or rejected and why.
    fn answer(&self, jobs: &[String], rejected: Option<&str>) -> Answer {
        let _ = rejected;
        Answer { status: StatusCode::ACCEPTED, body: json!({ "jobs": jobs }) }
    }
}

/// What a message comes down to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    pub events: Vec<UploadEvent>,
    /// The upload is not complete yet: the source waits for the answer, which may reject it.
    pub awaits_verdict: bool,
}

/// An answer in the words of the dialect.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

/// A dialect as the configuration names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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
        Self { events, awaits_verdict: false }
    }
}

#[cfg(test)]
mod tests;

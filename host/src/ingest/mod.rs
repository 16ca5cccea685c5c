//! How other systems say that an asset has arrived: a dialect each, and what they have in common.

pub mod arrival;
mod cloudevents;
mod directus;
pub mod error;
pub mod own;
mod s3;
mod seaweedfs;
mod strapi;
pub mod tusd;

use http::HeaderMap;
use serde::Deserialize;

pub use arrival::{Arrival, Place};
pub use error::HookError;

/// What a source speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    Tusd,
    S3,
    SeaweedFs,
    Strapi,
    Directus,
    CloudEvents,
    Veritag,
}

impl Dialect {
    /// The assets that a message says have arrived: none where it speaks of something else.
    ///
    /// # Errors
    /// [`HookError::Malformed`] when it is no message of this dialect.
    pub fn arrivals(self, headers: &HeaderMap, body: &[u8]) -> Result<Vec<Arrival>, HookError> {
        match self {
            Self::Tusd => Ok(tusd::message(body)?.finished()?.into_iter().collect()),
            Self::S3 => s3::arrivals(body),
            Self::SeaweedFs => seaweedfs::arrivals(body),
            Self::Strapi => strapi::arrivals(body),
            Self::Directus => directus::arrivals(body),
            Self::CloudEvents => cloudevents::arrivals(headers, body),
            Self::Veritag => Ok(vec![own::arrival(body)?]),
        }
    }
}

#[cfg(test)]
mod tests;

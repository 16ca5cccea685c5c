//! Why a job is not done yet.

use crate::blame::diagnose;
use crate::database::DatabaseError;
use crate::error::Error;
use crate::fetch::FetchError;

#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("its tags cannot be written: {0}")]
    Tag(Error),
    #[error("its object cannot be tagged: {0}")]
    TagObject(FetchError),
    #[error("it changed while it was being scanned")]
    Changed,
    #[error("it was started {0} times, and the process ended each time")]
    Deadly(i64),
    #[error(transparent)]
    Scan(#[from] Error),
}

diagnose! { Fault {
    Self::TagObject(_) => "tags-bad-object", Operator;
    Self::Changed => "fetch-changed", Operator;
    Self::Deadly(_) => "internal-deadly", Us;
} wraps Database, Fetch, Tag, Scan }

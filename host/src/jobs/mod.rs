//! Jobs: from a message of a source to an assessment, and from there to tags and webhooks.
//!
//! A job is kept in the records; the tasks that carry it out are pushed in the same transaction as what they follow from.

mod assess;
mod fault;
mod ingest;
mod review;
mod run;
mod sns;
mod tag;

pub use assess::Assessor;
pub use ingest::{Ingest, IngestError};
pub use review::{MAX_AT_ONCE, review, undo};
pub use run::run;

//! `veritag scan`: from paths to assessments.

pub mod inputs;
pub mod parallel;
pub mod pipeline;
pub mod sidecar;

pub use pipeline::{Scanned, Scanner, Still};

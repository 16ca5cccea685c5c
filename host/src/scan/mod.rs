//! `veritag scan`: from paths to assessments.

pub mod parallel;
pub mod pipeline;

pub use pipeline::{Scanned, Scanner, Still};

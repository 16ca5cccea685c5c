//! `veritag scan`: from paths to assessments.

pub mod parallel;
mod pipeline;

pub use pipeline::{Scanned, Scanner, Still};

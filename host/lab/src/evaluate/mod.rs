//! How well bundles do on labelled media: manifest → outcomes → figures with intervals → one document.

pub mod bootstrap;
pub mod breakdown;
pub mod bundle_report;
pub mod calibration;
pub mod comparison;
pub mod copies;
pub mod curves;
pub mod degradation;
pub mod evaluation;
#[cfg(test)]
pub mod examples;
pub mod identity;
pub mod measured;
pub mod metric;
pub mod mistakes;
pub mod outcome;
pub mod quality;
pub mod tally;

pub use bundle_report::{About, BundleReport};
pub use evaluation::Evaluation;
pub use measured::Measured;
pub use metric::Metric;
pub use outcome::Outcome;

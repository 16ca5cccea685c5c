//! The document of an evaluation: everything that the page, the table and the model card show.

use serde::{Deserialize, Serialize};

use super::bootstrap::{LEVEL, ROUNDS};
use super::bundle_report::BundleReport;
use super::comparison::{Comparison, comparisons};

/// Names the shape of this document.
pub const SCHEMA: &str = "veritag.evaluation/1";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub schema: String,
    #[serde(flatten)]
    pub run: Run,
    pub intervals: Intervals,
    pub bundles: Vec<BundleReport>,
    /// Every pair of bundles.
    pub comparisons: Vec<Comparison>,
}

/// What was run on what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The manifest, as given.
    pub manifest: String,
    /// The splits that the assets are of.
    pub splits: Vec<String>,
    /// Most assets taken, where not all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    pub veritag: String,
    /// Version of the decoder, such as `ffmpeg 5.1.6`.
    pub decoder: String,
    /// RFC 3339, UTC.
    pub evaluated_at: String,
    pub elapsed_ms: u64,
}

/// How the intervals were computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    pub method: String,
    /// Share of intervals that cover the truth, 0..1, given many groups.
    pub level: f64,
    pub rounds: usize,
}

impl Evaluation {
    pub fn new(run: Run, bundles: Vec<BundleReport>) -> Self {
        let method = "percentile bootstrap over groups of people; exact binomial over these groups where every draw gives 0 or 1; none below five groups".into();
        let intervals = Intervals { method, level: LEVEL, rounds: ROUNDS };
        Self { schema: SCHEMA.into(), run, intervals, comparisons: comparisons(&bundles), bundles }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::examples::evaluation;

    #[test]
    fn reads_back_what_it_writes() {
        let evaluation = evaluation(&["a", "b"], 5);
        let text = serde_json::to_string(&evaluation).unwrap();
        assert!(text.starts_with(r#"{"schema":"veritag.evaluation/1","manifest":"data/manifest.csv""#));
        assert!(text.contains(r#""false_flags":{"value":"#) && !text.contains("NaN"));
        assert_eq!(serde_json::from_str::<Evaluation>(&text).unwrap(), evaluation);
    }
}

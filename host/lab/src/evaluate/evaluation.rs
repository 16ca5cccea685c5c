//! The document of an evaluation: everything that the page, the table and the model card show.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use veritag_abi::{ModelId, bundle::Bundle};

use super::bootstrap::{self, Estimate, LEVEL, ROUNDS};
use super::breakdown::{Breakdown, breakdowns};
use super::calibration::{self, Bin};
use super::comparison::{Comparison, comparisons};
use super::curves::{self, Point};
use super::degradation::Degradation;
use super::measured::Measured;
use super::mistakes::{self, Mistake};
use super::outcome::Outcome;
use super::tally::{Case, Sample};

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

/// Who a bundle is, in its own words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub model: ModelId,
    pub architecture: String,
    /// sha256 of each part, by its name.
    pub parts: BTreeMap<String, String>,
    pub licence: String,
    pub training_data: String,
    /// What the model can and cannot see.
    pub limits: String,
    /// Who is rare or absent among those whom it has learnt from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// What calibration was fitted on.
    pub fitted_on: String,
    pub threshold: f32,
    pub band: [f32; 2],
}

/// One bundle, measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BundleReport {
    #[serde(flatten)]
    pub about: About,
    pub measured: Measured,
    pub curve: Vec<Point>,
    pub reliability: Vec<Bin>,
    pub breakdowns: Vec<Breakdown>,
    /// Empty where it was not asked for.
    pub robustness: Vec<Condition>,
    pub mistakes: Vec<Mistake>,
    /// In the order of the manifest.
    pub assets: Vec<Outcome>,
}

/// The bundle on degraded copies of the same assets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    pub name: String,
    pub words: String,
    pub measured: Measured,
    /// AUC on the copies less that on their originals, over the assets assessed as both.
    pub auc_change: Estimate,
}

impl About {
    pub fn new(model: ModelId, bundle: &Bundle) -> Self {
        let (card, output) = (&bundle.model, &bundle.output);
        Self {
            model,
            architecture: card.architecture.clone(),
            parts: bundle.parts.iter().map(|part| (part.name.clone(), part.sha256.clone())).collect(),
            licence: card.licence.clone(),
            training_data: card.training_data.clone(),
            limits: card.limits.clone(),
            missing: card.missing.clone(),
            fitted_on: output.calibration.fitted_on.clone(),
            threshold: output.threshold,
            band: output.band,
        }
    }
}

impl BundleReport {
    /// What the bundle said of every asset, in the order of the manifest, and what follows from it.
    pub fn new(about: About, assets: Vec<Outcome>) -> Self {
        let threshold = about.threshold;
        let tally = Sample::new(assets.iter().map(Outcome::case), threshold.into()).tally();
        Self {
            measured: Measured::of(&assets, threshold),
            curve: curves::points(&tally),
            reliability: calibration::bins(&tally),
            breakdowns: breakdowns(&assets, threshold),
            robustness: Vec::new(),
            mistakes: mistakes::worst(&assets, threshold),
            about,
            assets,
        }
    }

    /// Adds what the bundle said of degraded copies: of all assets that the degradation fits, in any order.
    pub fn endure(&mut self, degradation: &Degradation, copies: Vec<Outcome>) {
        let originals: HashMap<&str, &Outcome> = self.assets.iter().map(|a| (a.entry.path.as_str(), a)).collect();
        let pair = |copy: &Outcome| Some((copy.case(), originals.get(copy.entry.path.as_str())?.case()));
        let pairs: Vec<(Case, Case)> = copies.iter().filter_map(pair).collect();
        let auc_change = bootstrap::auc_difference(&pairs);
        let measured = Measured::of(&copies, self.about.threshold);
        let (name, words) = (degradation.name.to_owned(), degradation.words.to_owned());
        self.robustness.push(Condition { name, words, measured, auc_change });
    }
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
    use crate::evaluate::degradation::ALL;
    use crate::evaluate::examples::{about, entries, evaluation, outcomes};

    #[test]
    fn reads_back_what_it_writes() {
        let evaluation = evaluation(&["a", "b"], 5);
        let text = serde_json::to_string(&evaluation).unwrap();
        assert!(text.starts_with(r#"{"schema":"veritag.evaluation/1","manifest":"data/manifest.csv""#));
        assert!(text.contains(r#""false_flags":{"value":"#) && !text.contains("NaN"));
        assert_eq!(serde_json::from_str::<Evaluation>(&text).unwrap(), evaluation);
    }

    #[test]
    fn copies_are_compared_with_their_own_originals() {
        let entries = entries(20);
        let mut bundle = BundleReport::new(about("a"), outcomes(&entries, 0.6, 1));
        let mut copies = outcomes(&entries, 0.6, 1);
        copies.reverse();
        bundle.endure(&ALL[0], copies);
        assert_eq!(bundle.robustness[0].auc_change.value, Some(0.0));
        bundle.endure(&ALL[1], outcomes(&entries, 0.0, 2));
        assert!(bundle.robustness[1].auc_change.value < Some(-0.1));
    }
}

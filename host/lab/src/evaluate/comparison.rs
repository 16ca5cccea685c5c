//! Two bundles side by side, on the same assets.

use serde::{Deserialize, Serialize};

use super::bootstrap::{self, Estimate};
use super::bundle_report::BundleReport;
use super::tally::Case;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Places among the bundles, from 0.
    pub one: usize,
    pub other: usize,
    /// Assets that both assessed.
    pub assets: u64,
    /// AUC of `one` less that of `other`, over these assets, drawn together.
    pub auc_difference: Estimate,
}

impl Comparison {
    fn of(bundles: &[BundleReport], one: usize, other: usize) -> Self {
        let assets = bundles[one].assets.iter().zip(&bundles[other].assets);
        let pairs: Vec<(Case, Case)> = assets.map(|(one, other)| (one.case(), other.case())).collect();
        let both = pairs.iter().filter(|(one, other)| one.score.is_some() && other.score.is_some()).count();
        Self { one, other, assets: both as u64, auc_difference: bootstrap::auc_difference(&pairs) }
    }

    /// Whether the interval leaves out zero: chance is no good explanation.
    pub fn is_clear(&self) -> bool {
        self.auc_difference.interval.is_some_and(|[low, high]| low > 0.0 || high < 0.0)
    }
}

/// Every pair of bundles, in the order given.
pub fn comparisons(bundles: &[BundleReport]) -> Vec<Comparison> {
    let after = |one: usize| (one + 1..bundles.len()).map(move |other| Comparison::of(bundles, one, other));
    (0..bundles.len()).flat_map(after).collect()
}

#[cfg(test)]
mod tests {
    use crate::evaluate::examples::evaluation;

    #[test]
    fn a_skilled_model_is_clearly_better_than_one_without() {
        let evaluation = evaluation(&["a", "b", "c"], 30);
        let named: Vec<_> = evaluation.comparisons.iter().map(|c| (c.one, c.other)).collect();
        assert_eq!(named, [(0, 1), (0, 2), (1, 2)]);
        assert!(evaluation.comparisons[1].is_clear() && evaluation.comparisons[1].auc_difference.value > Some(0.1));
    }
}

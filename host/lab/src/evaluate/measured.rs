//! The figures of one set of assets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use veritag_abi::Reason;

use super::bootstrap::{self, Estimate};
use super::metric::Metric;
use super::outcome::Outcome;
use super::tally::Sample;
use veritag::output::Counts;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Groups of people: what the intervals draw from.
    pub groups: usize,
    /// What the real assets were called.
    pub real: Counts,
    /// What the fakes were called.
    pub fake: Counts,
    /// Why assets were not assessed, and how many.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<Reason, u64>,
    pub figures: BTreeMap<Metric, Estimate>,
}

impl Measured {
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome> + Clone, threshold: f32) -> Self {
        let sample = Sample::new(outcomes.clone().into_iter().map(Outcome::case), threshold.into());
        let tally = sample.tally();
        let mut reasons = BTreeMap::new();
        for reason in outcomes.into_iter().filter_map(|outcome| outcome.reason) {
            *reasons.entry(reason).or_default() += 1;
        }
        let figures = bootstrap::estimates(&sample);
        Self { groups: sample.groups, real: tally.real, fake: tally.fake, reasons, figures }
    }

    /// The figure, without a value where there is none.
    pub fn figure(&self, metric: Metric) -> Estimate {
        self.figures.get(&metric).copied().unwrap_or_default()
    }

    pub fn assessed(&self) -> u64 {
        self.real.assessed() + self.fake.assessed()
    }

    pub fn assets(&self) -> u64 {
        self.real.total() + self.fake.total()
    }
}

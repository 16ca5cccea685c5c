//! The figures, each with its name and its meaning.

use serde::{Deserialize, Serialize};

use super::tally::{Sample, Tally};
use super::{calibration, curves};
use veritag::output::Counts;

/// A figure; in JSON by its name in `snake_case`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    Auc,
    Accuracy,
    BalancedAccuracy,
    FalseFlags,
    Caught,
    Missed,
    Unsure,
    NotAssessed,
    Eer,
    CalibrationError,
}

impl Metric {
    pub const ALL: [Self; 10] = [
        Self::Auc,
        Self::Accuracy,
        Self::BalancedAccuracy,
        Self::FalseFlags,
        Self::Caught,
        Self::Missed,
        Self::Unsure,
        Self::NotAssessed,
        Self::Eer,
        Self::CalibrationError,
    ];

    /// A share of 0..1; none where the sample cannot say.
    pub fn of(self, tally: &Tally) -> Option<f64> {
        let Tally { real, fake, .. } = tally;
        match self {
            Self::Auc => curves::auc(tally),
            Self::Accuracy => curves::accuracy(tally),
            Self::BalancedAccuracy => curves::balanced_accuracy(tally),
            Self::FalseFlags => share(real.fake, real.assessed()),
            Self::Caught => share(fake.fake, fake.assessed()),
            Self::Missed => share(fake.real, fake.assessed()),
            Self::Unsure => share(real.unsure + fake.unsure, assessed(real, fake)),
            Self::NotAssessed => share(real.not_assessed + fake.not_assessed, real.total() + fake.total()),
            Self::Eer => curves::eer(tally),
            Self::CalibrationError => calibration::error(tally),
        }
    }

    /// The groups that say something about the figure.
    pub fn groups(self, sample: &Sample) -> usize {
        let (real, fake) = (sample.groups_with(&[false]), sample.groups_with(&[true]));
        match self {
            Self::FalseFlags => real,
            Self::Caught | Self::Missed => fake,
            Self::Auc | Self::Eer | Self::BalancedAccuracy | Self::CalibrationError => real.min(fake),
            Self::Accuracy | Self::Unsure => sample.groups_with(&[false, true]),
            Self::NotAssessed => sample.groups,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Auc => "AUC",
            Self::Accuracy => "accuracy at the threshold",
            Self::BalancedAccuracy => "accuracy, both classes alike",
            Self::FalseFlags => "genuine called fake",
            Self::Caught => "fakes called fake",
            Self::Missed => "fakes called real",
            Self::Unsure => "left unsure",
            Self::NotAssessed => "not assessed",
            Self::Eer => "equal error rate",
            Self::CalibrationError => "calibration error",
        }
    }

    /// What the figure says, for one who has never heard of it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Auc => "how often a fake scores above a genuine asset: 0.5 is guessing, 1 is perfect",
            Self::Accuracy => "assessed assets on the right side of the threshold",
            Self::BalancedAccuracy => "the same, as if there were as many genuine ones as fakes",
            Self::FalseFlags => "false alarms among assessed genuine assets",
            Self::Caught => "alarms among assessed fakes",
            Self::Missed => "assessed fakes that passed as real",
            Self::Unsure => "assessed assets left to a person",
            Self::NotAssessed => "assets without a face that the model can judge, or broken",
            Self::Eer => "errors if the threshold made both kinds equally frequent",
            Self::CalibrationError => "how far scores are from the chance that they stand for",
        }
    }

    pub fn higher_is_better(self) -> bool {
        matches!(self, Self::Auc | Self::Accuracy | Self::BalancedAccuracy | Self::Caught)
    }
}

fn assessed(real: &Counts, fake: &Counts) -> u64 {
    real.assessed() + fake.assessed()
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::examples::{case, cases, sample};
    use crate::evaluate::tally::Case;
    use proptest::prelude::*;
    use veritag_abi::Verdict;

    #[test]
    fn verdicts_are_counted_among_the_assessed() {
        let unseen = Case { score: None, verdict: Verdict::NotAssessed, ..case(true, 0.0) };
        let tally = sample([case(true, 0.9), case(true, 0.1), case(false, 0.5), case(false, 0.9), unseen]).tally();
        let of = |metric: Metric| metric.of(&tally).unwrap();
        assert_eq!((of(Metric::FalseFlags), of(Metric::Caught), of(Metric::Missed)), (0.5, 0.5, 0.5));
        assert_eq!((of(Metric::Unsure), of(Metric::NotAssessed), of(Metric::Accuracy)), (0.25, 0.2, 0.5));
    }

    #[test]
    fn nothing_gives_nothing() {
        let tally = sample([]).tally();
        assert!(Metric::ALL.into_iter().all(|metric| metric.of(&tally).is_none()));
    }

    proptest! {
        #[test]
        fn every_figure_is_a_share(cases in cases(0..80)) {
            let tally = Sample::new(cases, 0.5).tally();
            for value in Metric::ALL.into_iter().filter_map(|metric| metric.of(&tally)) {
                prop_assert!((0.0..=1.0).contains(&value), "{value}");
            }
        }
    }
}

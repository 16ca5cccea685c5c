//! Whether a score of 0.9 means 90 %.

use serde::{Deserialize, Serialize};

use super::tally::{Step, Tally};

const MAX_BINS: usize = 10;
/// Fewest scored cases per bin, below which a bin's share says little.
const CASES_PER_BIN: f64 = 8.0;

/// Neighbouring scores taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Mean score.
    pub score: f64,
    /// Share of fakes.
    pub fake: f64,
    /// Share of all that lies in this bin.
    pub mass: f64,
}

/// Bins of about equal mass in rising order of score, both classes weighted alike however many there are of each:
/// at most 10, of 8 cases or more; cases of one score stay together. Empty without both classes.
pub fn bins(tally: &Tally) -> Vec<Bin> {
    let (reals, fakes) = tally.scored();
    if reals == 0.0 || fakes == 0.0 {
        return Vec::new();
    }
    let count = (((reals + fakes) / CASES_PER_BIN) as usize).clamp(1, MAX_BINS);
    let mut bins = vec![Bin::default(); count];
    let mut below = 0.0;
    for step in tally.steps.iter().rev() {
        let Step { score, real, fake } = *step;
        let (real, fake) = (real / reals / 2.0, fake / fakes / 2.0);
        let middle = below + f64::midpoint(real, fake);
        let bin = &mut bins[((middle * count as f64) as usize).min(count - 1)];
        bin.score += (real + fake) * score;
        bin.fake += fake;
        bin.mass += real + fake;
        below += real + fake;
    }
    bins.retain(|bin| bin.mass > 0.0);
    bins.iter().map(|bin| Bin { score: bin.score / bin.mass, fake: bin.fake / bin.mass, mass: bin.mass }).collect()
}

/// Expected calibration error: the mean distance of a bin's mean score from its share of fakes (Naeini, Cooper and
/// Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", 2015), over [`bins`]. None without
/// both classes.
pub fn error(tally: &Tally) -> Option<f64> {
    let bins = bins(tally);
    (!bins.is_empty()).then(|| bins.iter().map(|bin| bin.mass * (bin.score - bin.fake).abs()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::examples::{case, cases, sample};
    use crate::evaluate::tally::Sample;
    use proptest::prelude::*;

    #[test]
    fn sure_and_right_is_calibrated_and_sure_and_wrong_is_not() {
        let right = sample((0..40).map(|nth| case(nth % 2 == 0, f64::from(1 - nth % 2))));
        let wrong = sample((0..40).map(|nth| case(nth % 2 == 0, f64::from(nth % 2))));
        assert_eq!((error(&right.tally()), error(&wrong.tally())), (Some(0.0), Some(1.0)));
        assert_eq!(error(&sample([case(true, 0.5)]).tally()), None);
    }

    #[test]
    fn the_mix_of_classes_does_not_matter() {
        let mixed = |reals: usize| {
            let real = std::iter::repeat_n(case(false, 0.5), reals);
            error(&sample(real.chain(std::iter::repeat_n(case(true, 0.5), 20))).tally()).unwrap()
        };
        assert!(mixed(20) < 1e-9 && mixed(500) < 1e-9);
    }

    proptest! {
        #[test]
        fn bins_hold_everything_in_order(cases in cases(2..200)) {
            let tally = Sample::new(cases, 0.5).tally();
            let bins = bins(&tally);
            let mass: f64 = bins.iter().map(|bin| bin.mass).sum();
            prop_assert!(bins.is_empty() || (mass - 1.0).abs() < 1e-9);
            prop_assert!(bins.is_sorted_by(|a, b| a.score <= b.score + 1e-9));
            prop_assert!(error(&tally).is_none_or(|error| (0.0..=1.0).contains(&error)));
        }
    }
}

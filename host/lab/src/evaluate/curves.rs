//! What scores say about the order of cases: ROC, precision and recall, AUC, EER.

use serde::{Deserialize, Serialize};

use super::tally::{Step, Tally};

/// One operating point: what calling everything from `score` on fake would give.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub score: f64,
    /// Share of the real called fake.
    pub false_flags: f64,
    /// Share of the fakes called fake: recall.
    pub caught: f64,
    /// Share of what is called fake that is fake, in this sample's mix of both.
    pub precision: f64,
}

/// The operating points in falling order of score, without the one that calls nothing fake. Empty without both
/// classes.
pub fn points(tally: &Tally) -> Vec<Point> {
    let (reals, fakes) = tally.scored();
    if reals == 0.0 || fakes == 0.0 {
        return Vec::new();
    }
    let (mut real, mut fake) = (0.0, 0.0);
    let point = |step: &Step| {
        (real, fake) = (real + step.real, fake + step.fake);
        let precision = fake / (real + fake);
        Point { score: step.score, false_flags: real / reals, caught: fake / fakes, precision }
    };
    tally.steps.iter().map(point).collect()
}

/// Area under the ROC curve: how often a fake scores above a real one, ties counted half (Mann and Whitney, 1947;
/// Hanley and McNeil, "The meaning and use of the area under a ROC curve", 1982). None without both classes.
pub fn auc(tally: &Tally) -> Option<f64> {
    let (reals, fakes) = tally.scored();
    let mut below = reals;
    let wins = tally.steps.iter().map(|step| {
        below -= step.real;
        step.fake * (below + step.real / 2.0)
    });
    let wins: f64 = wins.sum();
    (reals > 0.0 && fakes > 0.0).then(|| wins / (reals * fakes))
}

/// Equal error rate: where as many of the real are called fake as of the fakes are missed, on straight lines
/// between operating points. None without both classes.
pub fn eer(tally: &Tally) -> Option<f64> {
    let mut before = (0.0, 0.0);
    for point in points(tally) {
        let gap = |(false_flags, caught): (f64, f64)| false_flags - (1.0 - caught);
        let here = (point.false_flags, point.caught);
        if gap(here) >= 0.0 {
            let along = -gap(before) / (gap(here) - gap(before));
            return Some(before.0 + along * (here.0 - before.0));
        }
        before = here;
    }
    None
}

/// Share of scored cases on the right side of the threshold. None without a scored case.
pub fn accuracy(tally: &Tally) -> Option<f64> {
    let (reals, fakes) = tally.scored();
    let (real, fake) = right(tally);
    (reals + fakes > 0.0).then(|| (real + fake) / (reals + fakes))
}

/// The mean of both classes' accuracy at the threshold, so that their mix does not matter. None without both.
pub fn balanced_accuracy(tally: &Tally) -> Option<f64> {
    let (reals, fakes) = tally.scored();
    let (real, fake) = right(tally);
    (reals > 0.0 && fakes > 0.0).then(|| f64::midpoint(real / reals, fake / fakes))
}

/// Reals below the threshold, and fakes from it on.
fn right(tally: &Tally) -> (f64, f64) {
    let fold = |(real, fake), step: &Step| match step.score >= tally.threshold {
        true => (real, fake + step.fake),
        false => (real + step.real, fake),
    };
    tally.steps.iter().fold((0.0, 0.0), fold)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::examples::{case, cases, sample};
    use crate::evaluate::tally::Sample;
    use proptest::prelude::*;

    fn tally(scores: &[(bool, f64)]) -> Tally {
        sample(scores.iter().map(|&(fake, score)| case(fake, score))).tally()
    }

    #[test]
    fn known_orders_have_known_areas() {
        assert_eq!(auc(&tally(&[(true, 0.9), (false, 0.1)])), Some(1.0));
        assert_eq!(auc(&tally(&[(true, 0.1), (false, 0.9)])), Some(0.0));
        assert_eq!(auc(&tally(&[(true, 0.5), (false, 0.5), (false, 0.1)])), Some(0.75));
        assert_eq!(eer(&tally(&[(true, 0.9), (false, 0.1)])), Some(0.0));
        assert_eq!(eer(&tally(&[(true, 0.5), (false, 0.5)])), Some(0.5));
        assert_eq!(eer(&tally(&[(true, 0.1), (false, 0.9)])), Some(1.0));
    }

    #[test]
    fn one_class_has_no_curve() {
        for tally in [tally(&[(true, 0.9), (true, 0.2)]), tally(&[(false, 0.9)]), tally(&[])] {
            assert_eq!((auc(&tally), eer(&tally), balanced_accuracy(&tally)), (None, None, None));
            assert!(points(&tally).is_empty());
        }
        assert_eq!((accuracy(&tally(&[(true, 0.9), (true, 0.2)])), accuracy(&tally(&[]))), (Some(0.5), None));
    }

    proptest! {
        #[test]
        fn area_is_the_share_of_pairs_in_order(cases in cases(2..60)) {
            let of = |fake: bool| cases.iter().filter(move |case| case.fake == fake).filter_map(|case| case.score);
            let pairs: Vec<f64> = of(true).flat_map(|fake| of(false).map(move |real| (fake, real)))
                .map(|(fake, real)| if fake == real { 0.5 } else { f64::from(u8::from(fake > real)) }).collect();
            let expected = (!pairs.is_empty()).then(|| pairs.iter().sum::<f64>() / pairs.len() as f64);
            match (auc(&Sample::new(cases.clone(), 0.5).tally()), expected) {
                (Some(area), Some(expected)) => prop_assert!((area - expected).abs() < 1e-9, "{area} {expected}"),
                (area, expected) => prop_assert_eq!(area, expected),
            }
        }

        #[test]
        fn only_the_order_of_scores_matters(cases in cases(2..60)) {
            let bent = cases.iter().map(|case| super::super::tally::Case { score: case.score.map(|s| s.powi(3) / 2.0), ..*case });
            let (straight, bent) = (Sample::new(cases.clone(), 0.5).tally(), Sample::new(bent, 0.5).tally());
            prop_assert_eq!((auc(&straight), eer(&straight)), (auc(&bent), eer(&bent)));
        }

        #[test]
        fn shares_are_shares_and_curves_rise(cases in cases(2..60)) {
            let tally = Sample::new(cases, 0.5).tally();
            for share in [auc(&tally), eer(&tally), accuracy(&tally), balanced_accuracy(&tally)].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&share), "{share}");
            }
            let points = points(&tally);
            prop_assert!(points.is_sorted_by(|a, b| a.false_flags <= b.false_flags && a.caught <= b.caught));
            prop_assert!(points.last().is_none_or(|last| last.false_flags == 1.0 && last.caught == 1.0));
        }
    }
}

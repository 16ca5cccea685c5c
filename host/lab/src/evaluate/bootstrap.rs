//! How far a figure could be off: 95 % percentile intervals of the bootstrap (Efron, 1979), by drawing whole groups of
//! people with replacement (Field and Welsh, "Bootstrapping clustered data", 2007).
//!
//! Everything here is deterministic: the same cases give the same intervals, on any machine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::metric::Metric;
use super::tally::{Case, Sample, Tally};

pub const ROUNDS: usize = 1000;
pub const LEVEL: f64 = 0.95;
/// Groups below which intervals of this kind are too narrow to be taken at their word.
pub const FEW_GROUPS: usize = 20;
/// Groups below which there is no interval at all.
pub const FEWEST_GROUPS: usize = 5;
const SEED: u64 = 0x7665_7269_7461_6721;

/// A figure and how far it could be off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// None where the sample cannot say.
    pub value: Option<f64>,
    /// None with fewer than five groups that say something about it, or where most draws have no value.
    pub interval: Option<[f64; 2]>,
}

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
pub struct SplitMix64(pub u64);

impl SplitMix64 {
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of `0..end`, by multiplication (Lemire, 2019), whose bias is below `end` in 2⁶⁴.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.number()) * end as u128) >> 64) as usize
    }
}

/// How often each of `groups` is drawn, round after round.
fn draws(groups: usize) -> impl Iterator<Item = Vec<u32>> {
    let mut random = SplitMix64(SEED);
    (0..ROUNDS).map(move |_| {
        let mut times = vec![0; groups];
        (0..groups).for_each(|_| times[random.below(groups)] += 1);
        times
    })
}

/// Every figure of a sample.
pub fn estimates(sample: &Sample) -> BTreeMap<Metric, Estimate> {
    let mut values: BTreeMap<Metric, Vec<f64>> = BTreeMap::new();
    for times in draws(sample.groups) {
        let tally = sample.draw(&times);
        for metric in Metric::ALL {
            values.entry(metric).or_default().extend(metric.of(&tally));
        }
    }
    let whole = sample.tally();
    let estimate = |metric: Metric| {
        let groups = metric.groups(sample);
        let drawn = interval(values.remove(&metric).unwrap_or_default(), groups);
        let interval = drawn.map(|interval| beyond_the_sample(interval, groups));
        (metric, Estimate { value: metric.of(&whole), interval })
    };
    Metric::ALL.into_iter().map(estimate).collect()
}

/// By how much the first sample's AUC exceeds the second's, over the pairs in which both have a score: both are drawn
/// together, so that what is hard for both cancels out.
pub fn auc_difference(pairs: &[(Case, Case)]) -> Estimate {
    let both = || pairs.iter().filter(|(one, other)| one.score.is_some() && other.score.is_some());
    let one = Sample::new(both().map(|pair| pair.0), 0.5);
    let other = Sample::new(both().map(|pair| pair.1), 0.5);
    let minus = |a: &Tally, b: &Tally| Some(Metric::Auc.of(a)? - Metric::Auc.of(b)?);
    let values = draws(one.groups).filter_map(|times| minus(&one.draw(&times), &other.draw(&times)));
    let interval = interval(values.collect(), Metric::Auc.groups(&one));
    Estimate { value: minus(&one.tally(), &other.tally()), interval }
}

fn interval(mut values: Vec<f64>, groups: usize) -> Option<[f64; 2]> {
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - LEVEL) / 2.0;
    (groups >= FEWEST_GROUPS && values.len() * 2 > ROUNDS)
        .then(|| [quantile(&values, tail), quantile(&values, 1.0 - tail)])
}

/// Where every draw gives 0, or every draw 1, the bootstrap is blind to what it has not seen: the exact interval of as
/// many trials as groups then stands in (Clopper and Pearson, 1934).
fn beyond_the_sample(interval: [f64; 2], groups: usize) -> [f64; 2] {
    let reach = ((1.0 - LEVEL) / 2.0).powf(1.0 / groups.max(1) as f64);
    match interval {
        [_, 0.0] => [0.0, 1.0 - reach],
        [1.0, _] => [reach, 1.0],
        seen => seen,
    }
}

/// Linear between the order statistics (type 7 of Hyndman and Fan, "Sample quantiles in statistical packages", 1996).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::examples::{THRESHOLD, case, cases, entries, outcomes, sample};
    use proptest::prelude::*;

    #[test]
    fn numbers_are_those_of_the_reference() {
        let mut random = SplitMix64(1_234_567);
        assert_eq!([random.number(), random.number()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
        assert_eq!(random.below(1), 0);
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!([0.0, 0.5, 1.0].map(|share| quantile(&[1.0, 2.0, 4.0, 8.0], share)), [1.0, 3.0, 8.0]);
    }

    #[test]
    fn many_groups_give_a_narrow_interval_around_the_value_and_always_the_same() {
        let sample = |pairs| {
            let outcomes = outcomes(&entries(pairs), 0.5, 3);
            Sample::new(outcomes.iter().map(crate::evaluate::Outcome::case), THRESHOLD.into())
        };
        let (few, many) = (estimates(&sample(8)), estimates(&sample(200)));
        let width = |estimate: Estimate| estimate.interval.map(|[low, high]| high - low).unwrap();
        for metric in Metric::ALL {
            let (value, [low, high]) = (many[&metric].value.unwrap(), many[&metric].interval.unwrap());
            assert!(low <= value && value <= high, "{metric:?}: {low} {value} {high}");
        }
        assert!(width(many[&Metric::Auc]) < width(few[&Metric::Auc]) / 2.0);
        assert_eq!(many, estimates(&sample(200)));
    }

    #[test]
    fn never_seen_is_not_impossible() {
        let separate = (0..20).map(|nth| Case { group: nth, ..case(nth % 2 == 0, f64::from(u8::from(nth % 2 == 0))) });
        let estimates = estimates(&sample(separate));
        let interval = |metric: Metric| estimates[&metric].interval.unwrap();
        assert!((interval(Metric::FalseFlags)[1] - 0.3085).abs() < 1e-4, "{:?}", interval(Metric::FalseFlags));
        assert!((interval(Metric::Auc)[0] - 0.6915).abs() < 1e-4, "{:?}", interval(Metric::Auc));
    }

    #[test]
    fn few_groups_have_no_interval() {
        let groups =
            |many| (0..many).flat_map(|nth| [(true, 0.9), (false, 0.1)].map(|(fake, score)| (nth, fake, score)));
        let cases = |many| groups(many).map(|(group, fake, score)| Case { group, ..case(fake, score) });
        let auc = |many| estimates(&sample(cases(many)))[&Metric::Auc];
        assert_eq!(auc(4), Estimate { value: Some(1.0), interval: None });
        assert!(auc(5).interval.is_some());
    }

    #[test]
    fn a_model_does_not_differ_from_itself() {
        let pairs: Vec<(Case, Case)> = (0..40)
            .map(|nth| Case { group: nth, ..case(nth % 3 == 0, (nth % 7) as f64 / 7.0) })
            .map(|case| (case, case))
            .collect();
        let same = auc_difference(&pairs);
        assert_eq!(same, Estimate { value: Some(0.0), interval: Some([0.0, 0.0]) });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn intervals_are_ordered_shares(cases in cases(0..40)) {
            for estimate in estimates(&Sample::new(cases, 0.5)).values() {
                prop_assert!(estimate.interval.is_none_or(|[low, high]| 0.0 <= low && low <= high && high <= 1.0));
            }
        }
    }
}

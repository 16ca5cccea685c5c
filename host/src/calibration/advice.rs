//! Bands that keep what a site asks for.

use serde::Serialize;

use super::{Case, Rates, rates};

/// What a site asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// At most this share of genuine assets may be called fake, 0..1.
    pub false_flags: f64,
    /// At most this share of fakes may be called real, 0..1.
    pub misses: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { false_flags: 0.02, misses: 0.1 }
    }
}

/// Bands, and what they give.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Advice {
    pub band: [f32; 2],
    /// Share of all cases that would be left unsure, 0..1.
    pub unsure: f64,
}

/// The narrowest band whose edges keep the limits, counting the worse end of their intervals. None if no edges do.
pub fn advise(cases: &[Case], limits: Limits) -> Option<Advice> {
    let mut scores: Vec<f32> = cases.iter().map(|case| case.score).collect();
    scores.sort_by(f32::total_cmp);
    scores.dedup();
    let mut all = rates(cases, &scores, 0.5);
    all.extend(rates(cases, &[scores.last()?.next_up()], 0.5));
    let keeps = |at: &&Rates| at.false_flags_interval[1] <= limits.false_flags;
    let high = all.iter().find(keeps)?.threshold;
    let finds = |at: &&Rates| at.recall_interval[0] >= 1.0 - limits.misses;
    let low = all.iter().rev().find(finds)?.threshold.next_down().min(high).max(0.0);
    let high = high.min(1.0);
    let unsure = cases.iter().filter(|case| case.score > low && case.score < high).count();
    Some(Advice { band: [low, high], unsure: unsure as f64 / cases.len() as f64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(each: usize) -> Vec<Case> {
        let case = |score, is_fake| Case { score, is_fake };
        let spread = |n: usize| n as f32 / each as f32;
        (0..each).flat_map(|n| [case(0.6 * spread(n), false), case(0.4 + 0.6 * spread(n), true)]).collect()
    }

    #[test]
    fn edges_keep_the_limits_with_room_for_chance() {
        let cases = cases(1000);
        let advice = advise(&cases, Limits::default()).unwrap();
        let [low, high] = advice.band;
        let at = &rates(&cases, &[high, low.next_up()], 0.5);
        assert!(at[0].false_flags_interval[1] <= 0.02 && at[1].recall_interval[0] >= 0.9, "{at:?}");
        assert!(low < high && (0.55..0.6).contains(&high), "{advice:?}");
        assert!(advice.unsure > 0.0 && advice.unsure < 0.5);
    }

    #[test]
    fn few_cases_can_vouch_for_nothing() {
        assert_eq!(advise(&cases(20), Limits::default()), None, "0 of 20 may be up to 16 %");
        assert_eq!(advise(&[], Limits::default()), None);
    }
}

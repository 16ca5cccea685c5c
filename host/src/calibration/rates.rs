//! What happens if everything from a score on is called fake.

use serde::Serialize;

use super::{Case, counts, wilson};

/// At one threshold. Intervals are 95 %.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Rates {
    pub threshold: f32,
    /// Share of the fakes that are called fake, 0..1.
    pub recall: f64,
    pub recall_interval: [f64; 2],
    /// Share of the genuine ones that are called fake, 0..1.
    pub false_flags: f64,
    pub false_flags_interval: [f64; 2],
    /// Genuine assets called fake among 10,000 uploads, at the base rate.
    pub false_flags_per_10000: f64,
    /// Share of what is called fake that is fake, at the base rate, if anything is.
    pub precision: Option<f64>,
}

/// Rates at each of `thresholds`, where `base_rate` (0..1) of all uploads are fake.
pub fn rates(cases: &[Case], thresholds: &[f32], base_rate: f64) -> Vec<Rates> {
    let [fake, genuine] = counts(cases);
    let at = |threshold: f32| {
        let called = |is_fake: bool| cases.iter().filter(|c| c.is_fake == is_fake && c.score >= threshold).count();
        let (found, flagged) = (called(true), called(false));
        let share = |some: usize, all: usize| if all == 0 { 0.0 } else { some as f64 / all as f64 };
        let (recall, false_flags) = (share(found, fake), share(flagged, genuine));
        let (right, wrong) = (base_rate * recall, (1.0 - base_rate) * false_flags);
        Rates {
            threshold,
            recall,
            recall_interval: wilson(found, fake),
            false_flags,
            false_flags_interval: wilson(flagged, genuine),
            false_flags_per_10000: 10_000.0 * wrong,
            precision: (right + wrong > 0.0).then(|| right / (right + wrong)),
        }
    };
    thresholds.iter().map(|threshold| at(*threshold)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_fakes_make_precision_low() {
        let case = |score, is_fake| Case { score, is_fake };
        let cases: Vec<Case> = (0..100).map(|n| case(n as f32 / 100.0, n >= 50)).collect();
        let [at] = &rates(&cases, &[0.4], 0.01)[..] else { panic!("one") };
        assert_eq!((at.recall, at.false_flags), (1.0, 0.2));
        assert!((at.false_flags_per_10000 - 1980.0).abs() < 1e-6);
        assert!((at.precision.unwrap() - 0.01 / 0.208).abs() < 1e-6);
        assert_eq!(rates(&cases, &[1.5], 0.01)[0].precision, None);
    }
}

//! The assets that a bundle got most wrong.

use serde::{Deserialize, Serialize};
use veritag_abi::Verdict;

use super::outcome::Outcome;
use crate::dataset::Label;

const MAX_MISTAKES: usize = 12;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mistake {
    pub path: String,
    pub label: Label,
    pub generator: String,
    pub score: f32,
    pub verdict: Verdict,
    /// The assessment in one sentence.
    pub text: String,
}

/// Assets on the wrong side of the threshold, the furthest from the truth first: at most 12.
pub fn worst(outcomes: &[Outcome], threshold: f32) -> Vec<Mistake> {
    let wrong = |outcome: &&Outcome| outcome.score.is_some_and(|score| (score >= threshold) != outcome.is_fake());
    let mut wrong: Vec<&Outcome> = outcomes.iter().filter(wrong).collect();
    wrong.sort_by(|a, b| off(b).total_cmp(&off(a)).then_with(|| a.entry.path.cmp(&b.entry.path)));
    wrong.into_iter().take(MAX_MISTAKES).filter_map(mistake).collect()
}

/// How far the score is from the truth, 0..1.
fn off(outcome: &Outcome) -> f32 {
    let score = outcome.score.unwrap_or(0.5);
    if outcome.is_fake() { 1.0 - score } else { score }
}

fn mistake(outcome: &Outcome) -> Option<Mistake> {
    Some(Mistake {
        path: outcome.entry.path.clone(),
        label: outcome.entry.label,
        generator: outcome.entry.generator.clone(),
        score: outcome.score?,
        verdict: outcome.verdict,
        text: outcome.text.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::examples::{THRESHOLD, entries, outcomes};

    #[test]
    fn mistakes_are_wrong_few_and_the_worst_first() {
        let worst = worst(&outcomes(&entries(30), 0.1, 5), THRESHOLD);
        assert_eq!(worst.len(), MAX_MISTAKES);
        assert!(worst.iter().all(|mistake| (mistake.score >= THRESHOLD) != (mistake.label == Label::Fake)));
        let off = |mistake: &Mistake| if mistake.label == Label::Fake { 1.0 - mistake.score } else { mistake.score };
        assert!(worst.is_sorted_by(|a, b| off(a) >= off(b)));
    }
}

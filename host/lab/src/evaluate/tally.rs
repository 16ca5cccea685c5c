//! Outcomes counted: all that the figures are computed from.

use std::collections::BTreeSet;

use veritag::output::Counts;
use veritag_abi::Verdict;

/// One asset as the figures see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    pub fake: bool,
    /// P(fake), 0..1; none where nothing was assessed.
    pub score: Option<f64>,
    pub verdict: Verdict,
    /// Cases of one group are drawn together.
    pub group: usize,
}

/// Cases in falling order of score, their groups numbered from 0 without holes.
#[derive(Clone, Debug)]
pub struct Sample {
    cases: Vec<Case>,
    pub groups: usize,
    threshold: f64,
}

/// All cases of one score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    pub score: f64,
    pub real: f64,
    pub fake: f64,
}

/// What a sample, or a draw from it, amounts to.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// In falling order of score.
    pub steps: Vec<Step>,
    pub real: Counts,
    pub fake: Counts,
    pub threshold: f64,
}

impl Sample {
    pub fn new(cases: impl IntoIterator<Item = Case>, threshold: f64) -> Self {
        let mut cases: Vec<Case> = cases.into_iter().collect();
        let mut groups: Vec<usize> = cases.iter().map(|case| case.group).collect();
        groups.sort_unstable();
        groups.dedup();
        for case in &mut cases {
            case.group = groups.partition_point(|&group| group < case.group);
        }
        cases.sort_by(|a, b| order(b.score).total_cmp(&order(a.score)));
        Self { cases, groups: groups.len(), threshold }
    }

    /// Groups with a scored case of these classes: of fakes for `true`.
    pub fn groups_with(&self, fake: &[bool]) -> usize {
        let scored = self.cases.iter().filter(|case| fake.contains(&case.fake) && case.score.is_some());
        scored.map(|case| case.group).collect::<BTreeSet<usize>>().len()
    }

    /// Every case once.
    pub fn tally(&self) -> Tally {
        self.draw(&vec![1; self.groups])
    }

    /// Every case as often as `times` has it for its group.
    pub fn draw(&self, times: &[u32]) -> Tally {
        let (real, fake) = (Counts::default(), Counts::default());
        let mut tally = Tally { steps: Vec::new(), real, fake, threshold: self.threshold };
        for case in &self.cases {
            tally.add(case, times[case.group]);
        }
        tally
    }
}

impl Tally {
    fn add(&mut self, case: &Case, times: u32) {
        let called = if case.fake { &mut self.fake } else { &mut self.real };
        called.add(case.verdict, times.into());
        let Some(score) = case.score.filter(|_| times > 0) else { return };
        if self.steps.last().is_none_or(|step| step.score != score) {
            self.steps.push(Step { score, real: 0.0, fake: 0.0 });
        }
        let step = self.steps.last_mut().expect("just pushed");
        *(if case.fake { &mut step.fake } else { &mut step.real }) += f64::from(times);
    }

    /// Scored cases that are real, and that are fake.
    pub fn scored(&self) -> (f64, f64) {
        self.steps.iter().fold((0.0, 0.0), |(real, fake), step| (real + step.real, fake + step.fake))
    }
}

fn order(score: Option<f64>) -> f64 {
    score.unwrap_or(f64::NEG_INFINITY)
}

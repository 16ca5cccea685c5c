//! Outcomes counted: all that the figures are computed from.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
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

/// How many assets of one class got which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    pub fake: u64,
    pub unsure: u64,
    pub real: u64,
    pub not_assessed: u64,
}

impl Called {
    pub fn assessed(&self) -> u64 {
        self.fake + self.unsure + self.real
    }

    pub fn total(&self) -> u64 {
        self.assessed() + self.not_assessed
    }

    /// `10`, or `9 of 10` where one was not assessed.
    pub fn size(&self) -> String {
        match self.not_assessed {
            0 => self.total().to_string(),
            _ => format!("{} of {}", self.assessed(), self.total()),
        }
    }

    /// Every verdict with its number, the one that asks for most attention first.
    pub fn each(&self) -> [(Verdict, u64); 4] {
        use Verdict::{Fake, NotAssessed, Real, Unsure};
        [(Fake, self.fake), (Unsure, self.unsure), (Real, self.real), (NotAssessed, self.not_assessed)]
    }

    fn add(&mut self, verdict: Verdict, times: u32) {
        *match verdict {
            Verdict::Fake => &mut self.fake,
            Verdict::Unsure => &mut self.unsure,
            Verdict::Real => &mut self.real,
            Verdict::NotAssessed => &mut self.not_assessed,
        } += u64::from(times);
    }
}

/// What a sample, or a draw from it, amounts to.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// In falling order of score.
    pub steps: Vec<Step>,
    pub real: Called,
    pub fake: Called,
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
        let (real, fake) = (Called::default(), Called::default());
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
        called.add(case.verdict, times);
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

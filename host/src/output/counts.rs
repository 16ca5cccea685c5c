//! How many assets got which verdict.

use serde::{Deserialize, Serialize};
use veritag_abi::Verdict;

/// A tally of verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub fake: u64,
    pub unsure: u64,
    pub real: u64,
    pub not_assessed: u64,
}

impl Counts {
    /// Counts a verdict so many times more.
    pub fn add(&mut self, verdict: Verdict, times: u64) {
        *match verdict {
            Verdict::Fake => &mut self.fake,
            Verdict::Unsure => &mut self.unsure,
            Verdict::Real => &mut self.real,
            Verdict::NotAssessed => &mut self.not_assessed,
        } += times;
    }

    /// Every verdict with its number, the one that asks for most attention first.
    pub fn each(&self) -> [(Verdict, u64); 4] {
        use Verdict::{Fake, NotAssessed, Real, Unsure};
        [(Fake, self.fake), (Unsure, self.unsure), (Real, self.real), (NotAssessed, self.not_assessed)]
    }

    pub fn assessed(&self) -> u64 {
        self.fake + self.unsure + self.real
    }

    pub fn total(&self) -> u64 {
        self.assessed() + self.not_assessed
    }
}

impl FromIterator<Verdict> for Counts {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        let mut counts = Self::default();
        verdicts.into_iter().for_each(|verdict| counts.add(verdict, 1));
        counts
    }
}

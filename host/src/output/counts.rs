//! How many assets got which verdict.

use veritag_abi::Verdict;

/// A tally of verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub fake: usize,
    pub unsure: usize,
    pub real: usize,
    pub not_assessed: usize,
}

impl Counts {
    /// Counts one more asset.
    pub fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Fake => &mut self.fake,
            Verdict::Unsure => &mut self.unsure,
            Verdict::Real => &mut self.real,
            Verdict::NotAssessed => &mut self.not_assessed,
        } += 1;
    }

    /// Every verdict with its number, the one that asks for most attention first.
    pub fn each(&self) -> [(Verdict, usize); 4] {
        [
            (Verdict::Fake, self.fake),
            (Verdict::Unsure, self.unsure),
            (Verdict::Real, self.real),
            (Verdict::NotAssessed, self.not_assessed),
        ]
    }

    /// All assets counted.
    pub fn total(&self) -> usize {
        self.each().iter().map(|(_, number)| number).sum()
    }
}

impl FromIterator<Verdict> for Counts {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        let mut counts = Self::default();
        verdicts.into_iter().for_each(|verdict| counts.add(verdict));
        counts
    }
}

//! The keyword that a verdict becomes in a library's catalogue.

use serde::Deserialize;
use veritag_abi::Verdict;

/// A prefix that marks our keywords, and a word for each verdict.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Words {
    pub prefix: String,
    pub fake: String,
    pub real: String,
    pub unsure: String,
    pub not_assessed: String,
}

impl Default for Words {
    fn default() -> Self {
        let [prefix, fake, real, unsure, not_assessed] =
            ["deepfake-check", "likely-fake", "no-manipulation-found", "unsure", "not-assessed"].map(str::to_owned);
        Self { prefix, fake, real, unsure, not_assessed }
    }
}

/// One keyword below its prefix; catalogues differ in how they write that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    prefix: String,
    word: String,
}

impl Words {
    pub fn keyword(&self, verdict: Verdict) -> Keyword {
        let word = match verdict {
            Verdict::Fake => &self.fake,
            Verdict::Real => &self.real,
            Verdict::Unsure => &self.unsure,
            Verdict::NotAssessed => &self.not_assessed,
        };
        Keyword { prefix: self.prefix.clone(), word: word.clone() }
    }
}

impl Keyword {
    /// `deepfake-check:likely-fake`, for catalogues without levels.
    pub fn flat(&self) -> String {
        self.joined(":")
    }

    /// `deepfake-check|likely-fake`, as Lightroom and darktable write levels.
    pub fn lightroom(&self) -> String {
        self.joined("|")
    }

    /// `deepfake-check/likely-fake`, as digiKam and Immich write levels.
    pub fn digikam(&self) -> String {
        self.joined("/")
    }

    /// Name and value, for stores whose tags have both.
    pub fn pair(&self) -> (String, String) {
        let name = if self.prefix.is_empty() { "deepfake-check" } else { &self.prefix };
        (name.to_owned(), self.word.clone())
    }

    fn joined(&self, separator: &str) -> String {
        match self.prefix.as_str() {
            "" => self.word.clone(),
            prefix => format!("{prefix}{separator}{}", self.word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_catalogue_gets_its_separator() {
        let keyword = Words::default().keyword(Verdict::Fake);
        assert_eq!(keyword.flat(), "deepfake-check:likely-fake");
        assert_eq!(keyword.lightroom(), "deepfake-check|likely-fake");
        assert_eq!(keyword.digikam(), "deepfake-check/likely-fake");
    }

    #[test]
    fn without_a_prefix_the_word_stands_alone() {
        let words = Words { prefix: String::new(), ..Words::default() };
        assert_eq!(words.keyword(Verdict::Unsure).digikam(), "unsure");
    }
}

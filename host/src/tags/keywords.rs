//! The keyword that a verdict becomes in a library's catalogue.

use serde::Deserialize;
use veritag_abi::Verdict;

use crate::assessment::Review;

/// A prefix that marks our keywords, and a word for each verdict and each decision.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keywords {
    pub prefix: String,
    pub fake: String,
    pub real: String,
    pub unsure: String,
    pub not_assessed: String,
    pub reviewed_as_fake: String,
    pub reviewed_as_real: String,
    pub reviewed_as_unsure: String,
}

impl Default for Keywords {
    fn default() -> Self {
        Self {
            prefix: "deepfake-check".into(),
            fake: "likely-fake".into(),
            real: "no-manipulation-found".into(),
            unsure: "unsure".into(),
            not_assessed: "not-assessed".into(),
            reviewed_as_fake: "reviewed-as-fake".into(),
            reviewed_as_real: "reviewed-as-real".into(),
            reviewed_as_unsure: "reviewed-as-unsure".into(),
        }
    }
}

/// One keyword below its prefix; catalogues differ in how they write that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    prefix: String,
    word: String,
}

impl Keywords {
    /// What a person has decided goes before what the model says.
    pub fn keyword(&self, verdict: Verdict, review: Review) -> Keyword {
        let word = match (review, verdict) {
            (Review::ReviewedAsFake, _) => &self.reviewed_as_fake,
            (Review::ReviewedAsReal, _) => &self.reviewed_as_real,
            (Review::ReviewedAsUnsure, _) => &self.reviewed_as_unsure,
            (Review::NotReviewed, Verdict::Fake) => &self.fake,
            (Review::NotReviewed, Verdict::Real) => &self.real,
            (Review::NotReviewed, Verdict::Unsure) => &self.unsure,
            (Review::NotReviewed, Verdict::NotAssessed) => &self.not_assessed,
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
        let keyword = Keywords::default().keyword(Verdict::Fake, Review::NotReviewed);
        assert_eq!(keyword.flat(), "deepfake-check:likely-fake");
        assert_eq!(keyword.lightroom(), "deepfake-check|likely-fake");
        assert_eq!(keyword.digikam(), "deepfake-check/likely-fake");
    }

    #[test]
    fn a_person_has_the_last_word() {
        let keyword = Keywords::default().keyword(Verdict::Fake, Review::ReviewedAsReal);
        assert_eq!(keyword.flat(), "deepfake-check:reviewed-as-real");
    }

    #[test]
    fn without_a_prefix_the_word_stands_alone() {
        let keywords = Keywords { prefix: String::new(), ..Keywords::default() };
        assert_eq!(keywords.keyword(Verdict::Unsure, Review::NotReviewed).digikam(), "unsure");
    }
}

//! The same figures for parts of the set.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::measured::Measured;
use super::outcome::Outcome;
use super::quality;
use crate::dataset::UNNAMED;
use veritag::assessment::plain_name;

/// A further column with more values than this tells no parts.
const MAX_VALUES: usize = 12;

/// What assets are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    Split,
    Source,
    Generator,
    Kind,
    FaceSize,
    Sharpness,
    Codec,
    /// A further column of the manifest, such as the age of those who are shown.
    Column(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breakdown {
    pub by: Dimension,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    pub measured: Measured,
}

impl Dimension {
    const ALWAYS: [Self; 7] =
        [Self::Generator, Self::Split, Self::Source, Self::Kind, Self::FaceSize, Self::Sharpness, Self::Codec];

    /// The part that an asset belongs to.
    fn part(&self, outcome: &Outcome) -> String {
        match self {
            Self::Split => outcome.entry.split.clone(),
            Self::Source => outcome.entry.source.clone(),
            Self::Generator => outcome.entry.generator.clone(),
            Self::Kind => plain_name(&outcome.entry.kind),
            Self::FaceSize => quality::face_size(outcome.face_px),
            Self::Sharpness => quality::sharpness(outcome.sharpness),
            Self::Codec => outcome.codec.clone(),
            Self::Column(name) => match outcome.entry.extra.get(name).map_or("", String::as_str) {
                "" => UNNAMED.into(),
                value => value.into(),
            },
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Split => "split",
            Self::Source => "source",
            Self::Generator => "generator",
            Self::Kind => "kind",
            Self::FaceSize => "face size",
            Self::Sharpness => "sharpness",
            Self::Codec => "codec",
            Self::Column(name) => name,
        }
    }
}

/// Every breakdown, each part measured by itself. A generator's fakes stand against all real assets of the same
/// sources, splits and kinds.
pub fn breakdowns(outcomes: &[Outcome], threshold: f32) -> Vec<Breakdown> {
    let all = Dimension::ALWAYS.into_iter().chain(columns(outcomes));
    all.map(|by| Breakdown { parts: parts(&by, outcomes, threshold), by }).collect()
}

/// The further columns with a few values.
fn columns(outcomes: &[Outcome]) -> impl Iterator<Item = Dimension> {
    let names: BTreeSet<&String> = outcomes.iter().flat_map(|outcome| outcome.entry.extra.keys()).collect();
    let few = |by: &Dimension| {
        let values: BTreeSet<String> = outcomes.iter().map(|outcome| by.part(outcome)).collect();
        (2..=MAX_VALUES).contains(&values.len())
    };
    names.into_iter().map(|name| Dimension::Column(name.clone())).filter(few)
}

fn parts(by: &Dimension, outcomes: &[Outcome], threshold: f32) -> Vec<Part> {
    let counted = outcomes.iter().filter(|outcome| *by != Dimension::Generator || outcome.is_fake());
    let names: BTreeSet<String> = counted.map(|outcome| by.part(outcome)).collect();
    let mut names: Vec<String> = names.into_iter().collect();
    if matches!(by, Dimension::FaceSize | Dimension::Sharpness) {
        names.sort_by_key(|name| quality::rank(name));
    }
    let part = |name: String| Part { measured: Measured::of(members(by, &name, outcomes), threshold), name };
    names.into_iter().map(part).collect()
}

fn members<'a>(by: &Dimension, name: &str, outcomes: &'a [Outcome]) -> Vec<&'a Outcome> {
    let own: Vec<&Outcome> = outcomes.iter().filter(|outcome| by.part(outcome) == name).collect();
    if *by != Dimension::Generator {
        return own;
    }
    let like = |outcome: &Outcome| (outcome.entry.source.clone(), outcome.entry.split.clone(), outcome.entry.kind);
    let alike: BTreeSet<_> = own.iter().filter(|outcome| outcome.is_fake()).map(|outcome| like(outcome)).collect();
    let reals = outcomes.iter().filter(|outcome| !outcome.is_fake() && alike.contains(&like(outcome)));
    own.iter().copied().filter(|outcome| outcome.is_fake()).chain(reals).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::examples::{THRESHOLD, entries, outcomes};

    #[test]
    fn a_generator_stands_against_the_reals_of_its_source() {
        let mut outcomes = outcomes(&entries(5), 1.0, 0);
        outcomes[0].entry.source = "elsewhere".into();
        let generators = parts(&Dimension::Generator, &outcomes, THRESHOLD);
        let names: Vec<&str> = generators.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["Deepfakes", "Face2Face", "FaceSwap"]);
        assert!(generators.iter().all(|part| part.measured.fake.total() == 10 && part.measured.real.total() == 9));
    }

    #[test]
    fn other_parts_are_disjoint_and_whole() {
        let outcomes = outcomes(&entries(6), 1.0, 0);
        for breakdown in breakdowns(&outcomes, THRESHOLD).iter().filter(|b| b.by != Dimension::Generator) {
            let total: u64 = breakdown.parts.iter().map(|part| part.measured.assets()).sum();
            assert_eq!(total, outcomes.len() as u64, "{:?}", breakdown.by);
        }
    }
    #[test]
    fn further_columns_with_few_values_tell_parts() {
        let mut outcomes = outcomes(&entries(6), 1.0, 0);
        for (nth, outcome) in outcomes.iter_mut().enumerate() {
            outcome.entry.extra.insert("file".into(), nth.to_string());
            outcome.entry.extra.insert("age".into(), ["", "0-12", "60 and more"][nth % 3].into());
        }
        let found = breakdowns(&outcomes, THRESHOLD);
        let [.., age] = &found[..] else { panic!("some") };
        assert_eq!((found.len(), &age.by), (8, &Dimension::Column("age".into())));
        assert_eq!(Vec::from_iter(age.parts.iter().map(|part| part.name.as_str())), ["0-12", "60 and more", UNNAMED]);
    }
}

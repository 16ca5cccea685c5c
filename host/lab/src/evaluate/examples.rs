//! Made-up cases and outcomes for the tests of this room and of the page.

use std::collections::BTreeMap;

use proptest::prelude::*;
use veritag_abi::{ModelId, Reason, Verdict};

use super::bootstrap::SplitMix64;
use super::bundle_report::{About, BundleReport};
use super::evaluation::{Evaluation, Run};
use super::identity;
use super::outcome::Outcome;
use super::tally::{Case, Sample};
use crate::dataset::{Entry, Label, MediaKind};

pub const BAND: [f32; 2] = [0.3, 0.8];
pub const THRESHOLD: f32 = 0.6;

pub fn case(fake: bool, score: f64) -> Case {
    Case { fake, score: Some(score), verdict: Verdict::of(score as f32, BAND), group: 0 }
}

pub fn sample(cases: impl IntoIterator<Item = Case>) -> Sample {
    Sample::new(cases, THRESHOLD.into())
}

/// Cases of both classes with scores in twentieths, so that many tie, in up to 12 groups.
pub fn cases(number: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Case>> {
    let one = (any::<bool>(), prop::option::weighted(0.9, 0u8..=20), 0usize..12);
    let one = one.prop_map(|(fake, score, group)| match score {
        Some(score) => Case { group, ..case(fake, f64::from(score) / 20.0) },
        None => Case { fake, score: None, verdict: Verdict::NotAssessed, group },
    });
    prop::collection::vec(one, number)
}

pub fn entry(path: &str) -> Entry {
    Entry {
        path: path.into(),
        label: Label::Real,
        kind: MediaKind::Video,
        source: "FF++c23".into(),
        generator: "none".into(),
        identity: path.into(),
        split: "test".into(),
        extra: BTreeMap::new(),
    }
}

/// A manifest of `pairs` pairs of people: both genuine, and two fakes of them by each of three generators.
pub fn entries(pairs: usize) -> Vec<Entry> {
    (0..pairs).flat_map(pair).collect()
}

fn pair(nth: usize) -> Vec<Entry> {
    let (one, other) = (format!("{:03}", nth * 2), format!("{:03}", nth * 2 + 1));
    let of = |label, generator: &str, identity: String| Entry {
        label,
        generator: generator.into(),
        path: format!("videos/test/{}/{identity}.mp4", if label == Label::Real { "real" } else { generator }),
        identity,
        ..entry("")
    };
    let mut all = vec![of(Label::Real, "none", one.clone()), of(Label::Real, "none", other.clone())];
    for generator in ["Deepfakes", "Face2Face", "FaceSwap"] {
        all.push(of(Label::Fake, generator, format!("{one}_{other}")));
        all.push(of(Label::Fake, generator, format!("{other}_{one}")));
    }
    all
}

/// Outcomes of a model that tells the classes apart by `skill` (0: not at all; 1: well).
pub fn outcomes(entries: &[Entry], skill: f64, seed: u64) -> Vec<Outcome> {
    let groups = identity::groups(entries);
    let mut random = SplitMix64(seed);
    let mut uniform = || random.below(10_000) as f64 / 10_000.0;
    let outcome = |(entry, group): (&Entry, usize)| {
        let noise = uniform() + uniform() + uniform() - 1.5;
        let side = if entry.label == Label::Fake { 1.0 } else { -1.0 };
        let harder = if entry.generator == "Face2Face" { 0.4 } else { 1.0 };
        let logit = 2.2 * skill * side * harder + 2.4 * noise;
        let score = (1.0 / (1.0 + (-logit).exp())) as f32;
        let blank = Outcome::unassessed(entry, group, Reason::FaceTooSmall);
        if uniform() < 0.04 {
            return blank;
        }
        let verdict = Verdict::of(score, BAND);
        let text = format!(
            "Automated check: {} ({score:.2}, fake from 0.80), not reviewed.",
            veritag::assessment::wording::verdict(verdict)
        );
        let (face_px, sharpness) = (Some(60.0 + 150.0 * uniform() as f32), Some(20.0 + 300.0 * uniform() as f32));
        Outcome { score: Some(score), verdict, reason: None, text, codec: "h264".into(), face_px, sharpness, ..blank }
    };
    entries.iter().zip(groups).map(outcome).collect()
}

pub fn about(name: &str) -> About {
    About {
        model: ModelId { name: name.into(), version: "1.0.0".into(), sha256: "5e".repeat(32) },
        architecture: format!("{name}, 20 frames per window"),
        parts: [("head".to_owned(), "4d".repeat(32))].into(),
        licence: "For evaluation and research only.".into(),
        training_data: "FaceForensics++ c23 and CIPLAB real and fake face, by people who are not in the test.".into(),
        missing: Some("Children.".into()),
        limits: "Faces swapped or re-enacted into real footage. Movement of fewer than 20 frames is not seen.".into(),
        fitted_on: "20 held-out clips, both classes weighted alike.".into(),
        threshold: THRESHOLD,
        band: BAND,
        still_band: None,
    }
}

/// An evaluation of `names.len()` bundles of falling skill, with two conditions each.
pub fn evaluation(names: &[&str], pairs: usize) -> Evaluation {
    let entries = entries(pairs);
    let bundles = names.iter().enumerate().map(|(nth, name)| {
        let skill = 1.0 / (nth as f64 * 1.6 + 1.0);
        let mut bundle = BundleReport::new(about(name), outcomes(&entries, skill, nth as u64));
        for (number, degradation) in super::degradation::ALL.iter().enumerate() {
            let worse = skill * (1.0 - 0.05 * number as f64);
            bundle.add_condition(degradation, outcomes(&entries, worse, 7 + number as u64));
        }
        bundle
    });
    let run = Run {
        manifest: "data/manifest.csv".into(),
        splits: vec!["test".into()],
        limit: None,
        veritag: "0.1.0".into(),
        decoder: "ffmpeg 5.1.6".into(),
        evaluated_at: "2026-11-23T02:08:01Z".into(),
        elapsed_ms: 123_456,
    };
    Evaluation::new(run, bundles.collect())
}

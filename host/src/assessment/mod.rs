//! The whole machine answer about one asset, as `--json` prints and `--write` keeps it: the document, its JSON Schema,
//! what people decide about it, and the words for all of that.

#[cfg(test)]
pub mod examples;
pub mod provenance;
mod review;
mod schema;
pub mod times;
pub mod wording;

use serde::{Deserialize, Serialize};
use veritag_abi::credentials::Credentials;
use veritag_abi::{Analysis, ModelId, Reason, Verdict, WindowScore};

use crate::calibration::Profile;
pub use review::Review;
pub use schema::JSON_SCHEMA;

/// Names the shape of this document; its JSON Schema is [`JSON_SCHEMA`].
pub const SCHEMA: &str = "veritag-assessment-1";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    pub schema: String,
    /// One sentence that says what was done and not more.
    pub text: String,
    pub asset: Asset,
    pub verdict: Verdict,
    /// Why nothing was assessed: a closed, documented list; present exactly with `not_assessed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What failed, when the reason is a failure rather than something seen in the asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// P(fake) after calibration, 0..1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<[f32; 2]>,
    /// The number of the site's own profile, where threshold and band are from there and not from the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<i64>,
    /// `fake` and `real` with their scores, highest first; empty when nothing was assessed.
    pub labels: Vec<Label>,
    /// What was looked at.
    pub windows: Vec<WindowScore>,
    /// What was not looked at, between and after the windows.
    pub gaps: Vec<Gap>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// Kinds of fake that the model was not made to find, as its bundle names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blind_to: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<Program>,
    /// What the file says of its own making, which changes no verdict; absent where no reader of it is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
    /// What computed the features: `sandbox`, or the runner's name.
    pub runner: String,
    /// The same with engine and device, where a runner took part; several where the sandbox, or another, stood in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runners: Vec<Runner>,
    /// Version of the decoder, such as `ffmpeg 5.1.6`.
    pub decoder: String,
    pub veritag: String,
    pub review: Review,
    /// RFC 3339, UTC.
    pub assessed_at: String,
    pub elapsed_ms: u64,
}

/// An uploaded file, known by its sha256.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// As given; bytes that are no UTF-8 are shown as U+FFFD.
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaFacts>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaFacts {
    /// `image` or `video`.
    pub kind: String,
    pub format: String,
    pub codec: String,
    /// In pixels, as displayed.
    pub width: u32,
    pub height: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_us: Option<u64>,
    /// The stream that this is about, of a file with several tracks; counted from 0 among all streams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<u32>,
    /// How many video tracks the file has, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracks: Option<u32>,
    /// Which this is about, from 1, where several recordings were joined to one file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<u32>,
    /// How many recordings were joined to one file, if several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recordings: Option<u32>,
    /// How many pages or pictures the file has, where there are several: this is about the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pictures: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable kebab-case code.
    pub code: String,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    pub label: String,
    pub score: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub start_us: u64,
    pub end_us: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    pub name: String,
    pub version: String,
    pub sha256: String,
}

/// Where features were computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runner {
    /// `sandbox`, or what a server says of itself.
    pub name: String,
    pub engine: String,
    /// Such as `cpu` or `cuda`, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

impl Runner {
    pub fn sandbox() -> Self {
        Self { name: "sandbox".into(), engine: "tract on WebAssembly".into(), device: Some("cpu".into()) }
    }
}

impl Assessment {
    /// Records where the features were computed, if anything but the sandbox took part.
    pub fn computed_by(&mut self, runners: Vec<Runner>) {
        if runners.iter().any(|runner| *runner != Runner::sandbox()) {
            let mut names: Vec<&str> = runners.iter().map(|runner| runner.name.as_str()).collect();
            names.dedup();
            self.runner = names.join(", ");
            self.runners = runners;
        }
    }

    /// What a person has decided, else what the model says.
    pub fn standing(&self) -> Verdict {
        self.review.verdict().unwrap_or(self.verdict)
    }

    /// Takes over what the model says.
    pub fn conclude(&mut self, analysis: Analysis, duration_us: Option<u64>) {
        self.verdict = analysis.verdict;
        self.reason = analysis.reason;
        self.score = analysis.score;
        self.threshold = Some(analysis.threshold);
        self.band = Some(analysis.band);
        self.labels = analysis.score.map(labels).unwrap_or_default();
        self.model = Some(analysis.model);
        self.gaps = gaps(&analysis.windows, duration_us);
        self.windows = analysis.windows;
    }

    /// Has the verdict follow a site's own band.
    pub fn apply(&mut self, profile: &Profile) {
        let Some(score) = self.score else { return };
        self.verdict = Verdict::of(score, profile.band);
        (self.threshold, self.band) = (Some(profile.threshold), Some(profile.band));
        self.profile = Some(profile.number);
        self.text = wording::sentence(self);
    }

    /// Records what a person has decided.
    #[must_use]
    pub fn reviewed(mut self, review: Review) -> Self {
        self.review = review;
        self.text = wording::sentence(&self);
        self
    }

    /// Records why there is no verdict.
    pub fn fail(&mut self, reason: Reason, code: &str, message: String) {
        self.verdict = Verdict::NotAssessed;
        self.reason = Some(reason);
        self.error = Some(Failure { code: code.into(), message });
    }
}

/// The name that an enum has in JSON.
pub fn plain_name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("a fieldless enum serializes to a string, not {other:?}"),
    }
}

fn labels(score: f32) -> Vec<Label> {
    let label = |label: &str, score| Label { label: label.into(), score };
    let mut labels = vec![label("fake", score), label("real", 1.0 - score)];
    labels.sort_by(|a, b| b.score.total_cmp(&a.score));
    labels
}

/// The stretches of `0..duration` that no window covers; `windows` are in order of time.
fn gaps(windows: &[WindowScore], duration_us: Option<u64>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut seen = 0;
    for window in windows {
        gaps.push(Gap { start_us: seen, end_us: window.start_us });
        seen = seen.max(window.end_us);
    }
    gaps.push(Gap { start_us: seen, end_us: duration_us.unwrap_or(seen) });
    gaps.retain(|gap| gap.end_us > gap.start_us);
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start_us: u64, end_us: u64) -> WindowScore {
        WindowScore {
            start_us,
            end_us,
            frames: 20,
            width: 64,
            height: 48,
            score: None,
            reason: None,
            faces: vec![],
            more_faces: 0,
        }
    }

    #[test]
    fn gaps_are_what_the_windows_leave() {
        let windows = [window(0, 10), window(30, 40)];
        assert_eq!(gaps(&windows, Some(50)), [Gap { start_us: 10, end_us: 30 }, Gap { start_us: 40, end_us: 50 }]);
        assert_eq!(gaps(&windows, None), [Gap { start_us: 10, end_us: 30 }]);
        assert_eq!(gaps(&[], Some(5)), [Gap { start_us: 0, end_us: 5 }]);
    }

    #[test]
    fn a_profile_changes_the_verdict_and_says_so() {
        let mut assessment = examples::unsure();
        let score = assessment.score.unwrap();
        let profile = Profile { number: 2, model: "m 1".into(), threshold: score - 0.2, band: [0.0, score - 0.1] };
        assessment.apply(&profile);
        assert_eq!((assessment.verdict, assessment.score), (Verdict::Fake, Some(score)));
        assert!(assessment.text.contains("thresholds of profile 2"), "{}", assessment.text);
        let mut none = examples::no_face();
        none.apply(&profile);
        assert_eq!(none, examples::no_face());
    }

    #[test]
    fn labels_lead_with_the_likelier() {
        assert_eq!(labels(0.25)[0].label, "real");
        assert_eq!(labels(0.93)[0].label, "fake");
    }
}

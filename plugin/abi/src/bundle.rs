//! `model.toml`: what a model bundle says of itself.
//!
//! A bundle is a directory: `model.toml` and the ONNX parts that it names, each with its sha256.

use serde::{Deserialize, Serialize};

use crate::Reason;

/// The whole of `model.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    pub model: Model,
    pub input: Input,
    pub temporal: Temporal,
    pub output: Output,
    pub quality: QualityLimits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// `faces` (finds faces), `features` (crop → feature vector), `head` (features → logits) and, with
    /// [`Bundle::scope`], `scope` (features → logits).
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
    /// Run at load. A bundle without it may be examined, but tags nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_test: Option<SelfTest>,
    #[serde(default, rename = "metric", skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
}

/// Most faces judged per window of several frames.
pub const MAX_FACES: usize = 3;
/// Most faces judged in a still, whose crops then are fewer than those of a window of frames.
pub const MAX_STILL_FACES: usize = 16;
/// Most bytes that the crops of one window may have, with all faces in it: `prepare` holds them a few times over, within
/// the memory that a manifest usually allows.
pub const MAX_CROP_BYTES: usize = 192 << 20;

impl Bundle {
    /// Bytes of the crops of a whole window with all faces in it, `[MAX_FACES · window, 3, size, size]` in f32.
    fn crop_bytes(&self) -> u64 {
        let sides = [MAX_FACES, self.input.size, self.input.size, 3, size_of::<f32>()];
        sides.iter().fold(self.temporal.window.into(), |bytes: u64, side| bytes.saturating_mul(*side as u64))
    }

    /// Most faces that are judged in each window of `frames`.
    pub fn max_faces(&self, frames: usize) -> usize {
        let rows = MAX_FACES * self.temporal.window as usize;
        if frames == 1 { MAX_STILL_FACES.min(rows) } else { MAX_FACES }
    }

    /// What the shape alone cannot say.
    ///
    /// # Errors
    /// The first rule that is broken, in words that name its key.
    pub fn check(&self) -> Result<(), String> {
        let output = &self.output;
        let labels: Vec<&str> = output.labels.iter().map(String::as_str).collect();
        let rules = [
            (output.band.iter().any(|edge| !(0.0..=1.0).contains(edge)), "output.band must lie within 0 to 1"),
            (
                self.self_test.as_ref().is_some_and(|t| !(0.0..=0.1).contains(&t.tolerance)),
                "self_test.tolerance must be 0 to 0.1",
            ),
            (self.input.size < 16 || self.input.size > 1024, "input.size must be 16 to 1024"),
            (self.input.std.iter().any(|s| *s <= 0.0), "input.std must be above 0"),
            (!(0.5..=4.0).contains(&self.input.margin), "input.margin must be 0.5 to 4"),
            (
                !matches!(labels[..], ["fake"] | ["fake", "real"] | ["real", "fake"]),
                "output.labels must be [fake] or fake and real",
            ),
            (!(0.0..=1.0).contains(&output.threshold), "output.threshold must be 0 to 1"),
            (
                output.band[0] > output.threshold || output.threshold > output.band[1],
                "output.threshold must lie within output.band",
            ),
            (
                self.scope.as_ref().is_some_and(|scope| !scope.sound()),
                "scope.reasons must be some of covered, drawn and too_compressed, each once",
            ),
            (self.temporal.window == 0 || self.temporal.window > 256, "temporal.window must be 1 to 256"),
            (
                self.crop_bytes() > MAX_CROP_BYTES as u64,
                "input.size² · temporal.window is too large: the crops of 3 faces must fit 192 MiB; choose a smaller size",
            ),
            (self.temporal.min_frames > self.temporal.window, "temporal.min_frames must not exceed temporal.window"),
            (
                self.self_test.as_ref().is_some_and(|t| t.frames == 0 || t.frames > 256),
                "self_test.frames must be 1 to 256",
            ),
        ];
        let input = self.input.mean.into_iter().chain(self.input.std).chain([self.input.margin]);
        let readings = [&output.calibration].into_iter().chain(&output.still);
        let calibration = readings.flat_map(|reading| [reading.scale, reading.offset]).chain([output.threshold]);
        let limits = &self.quality;
        let quality = [limits.min_face_px, limits.min_sharpness, limits.min_brightness, limits.max_brightness];
        let test = self.self_test.iter().flat_map(|t| [t.logit, t.tolerance]);
        if !input.chain(output.band).chain(calibration).chain(quality).chain(test).all(f32::is_finite) {
            return Err("model.toml: every number must be finite".into());
        }
        match rules.into_iter().find(|(broken, _)| *broken) {
            Some((_, rule)) => Err(format!("model.toml: {rule}")),
            None => Ok(()),
        }
    }

    /// [`Bundle::check`], and that the parts are just those that make a model, within reach of their directory.
    ///
    /// # Errors
    /// The first rule that is broken, in words that name its key.
    pub fn check_whole(&self) -> Result<(), String> {
        let mut names: Vec<&str> = self.parts.iter().map(|part| part.name.as_str()).collect();
        names.sort_unstable();
        let near = |file: &str| {
            let below = file.strip_prefix("../").unwrap_or(file);
            below.split(['/', '\\']).all(|step| !step.is_empty() && step != "..")
        };
        if !matches!(
            (&names[..], &self.scope),
            (["faces", "features", "head"], None) | (["faces", "features", "head", "scope"], Some(_))
        ) {
            return Err(
                "model.toml: [[part]] must name faces, features, head and, with [scope], scope, each once".into()
            );
        }
        if !self.parts.iter().all(|part| near(&part.file)) {
            return Err("model.toml: part.file must lie in the bundle's directory or one beside it".into());
        }
        self.check()
    }

    /// Whether its answers may tag anything: trained, and with a self-test to prove that it runs as made.
    pub fn may_tag(&self) -> bool {
        self.model.trained && self.self_test.is_some()
    }
}

/// Who the model is, in words for a person who must decide whether to trust it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub name: String,
    pub version: String,
    pub architecture: String,
    /// False for random weights: such a bundle is refused for tagging.
    pub trained: bool,
    pub licence: String,
    pub training_data: String,
    /// What the model can and cannot see.
    pub limits: String,
    /// Kinds of fake that it was not made to find, in a few words each; every assessment repeats them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blind_to: Vec<String>,
    /// Who is rare or absent among those whom it has learnt from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// How a face becomes the input tensor `[rows, 3, size, size]`: (rgb24 / 255 − mean) / std per channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Side of the square crop in pixels.
    pub size: usize,
    pub channels: Channels,
    /// In the order of `channels`.
    pub mean: [f32; 3],
    pub std: [f32; 3],
    /// Side of the crop, in units of the face box's longer side.
    pub margin: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    Rgb,
    Bgr,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Temporal {
    pub mode: TemporalMode,
    /// Frames per window.
    pub window: u32,
    /// Fewest frames with a face that the model can judge.
    pub min_frames: u32,
}

/// How the head reads a window's features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TemporalMode {
    /// Head takes `[1, frames, features]` and gives one row of logits for the window.
    Sequence,
    /// Head takes `[frames, features]`; the window's logits are the mean over its frames.
    FrameMean,
    /// Head takes `[frames, features]`; the window's logits are those of its last frame.
    LastFrame,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// What each logit stands for: `["fake"]` (log-odds), or `["fake", "real"]` in the model's own order.
    pub labels: Vec<String>,
    pub calibration: Calibration,
    /// For assets that are a single frame, where it differs: a still has no second look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still: Option<Calibration>,
    /// Score that parts `fake` from `real` where one must choose, as `accuracy` does; verdicts follow `band`.
    pub threshold: f32,
    /// Scores strictly between these are `unsure`; the threshold lies within.
    pub band: [f32; 2],
}

impl Output {
    /// How logits of an asset are read: of a `still`, or of footage.
    pub fn calibration_of(&self, still: bool) -> &Calibration {
        self.still.as_ref().filter(|_| still).unwrap_or(&self.calibration)
    }
}

/// Platt scaling: score = sigmoid(scale · logit + offset), where logit is the log-odds of fake, for an asset the mean
/// over its windows (Platt, "Probabilistic outputs for support vector machines", 1999).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    pub scale: f32,
    pub offset: f32,
    /// What the two numbers were fitted on, or that they were not.
    pub fitted_on: String,
}

impl Calibration {
    /// P(fake), 0..1, of a logit.
    pub fn score(&self, logit: f32) -> f32 {
        1.0 / (1.0 + (-(self.scale * logit + self.offset)).exp())
    }
}

/// What the model knows that it cannot judge, by the looks of a face.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// What each logit of the part `scope` stands for: the face is not assessed if its mean over the frames is above 0.
    /// Of several, the first is given.
    pub reasons: Vec<Reason>,
}

impl Scope {
    /// Whether the reasons are such as only a look at the face can give, each once.
    fn sound(&self) -> bool {
        let seen = |reason: &Reason| matches!(reason, Reason::Covered | Reason::Drawn | Reason::TooCompressed);
        let once = |(nth, reason)| !self.reasons[..nth].contains(reason);
        !self.reasons.is_empty() && self.reasons.iter().all(seen) && self.reasons.iter().enumerate().all(once)
    }
}

/// Bounds on [`crate::Quality`], in its units, outside which a face is not assessed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityLimits {
    /// Side of the face box in pixels.
    pub min_face_px: f32,
    /// Variance of the Laplacian of the crop's luma.
    pub min_sharpness: f32,
    /// Mean luma of the crop, 0..255.
    pub min_brightness: f32,
    pub max_brightness: f32,
}

/// Those of the bundles that come with Veritag.
impl Default for QualityLimits {
    fn default() -> Self {
        Self { min_face_px: 64.0, min_sharpness: 30.0, min_brightness: 25.0, max_brightness: 210.0 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub name: String,
    /// Relative to the bundle's directory.
    pub file: String,
    pub sha256: String,
    pub licence: String,
}

/// A fixed input and the answer that it must give: crops whose value at flat index i is
/// `(i · 2654435761 mod 2³²) / 2³⁰ − 2`, `frames` of them as one window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfTest {
    pub frames: u32,
    /// Expected log-odds of fake, before calibration.
    pub logit: f32,
    pub tolerance: f32,
}

impl SelfTest {
    /// The crops of the vector, flat, `values` of them.
    pub fn crops(values: usize) -> Vec<f32> {
        let value = |i: u32| i.wrapping_mul(2_654_435_761) as f32 / (1u32 << 30) as f32 - 2.0;
        (0..values as u32).map(value).collect()
    }
}

/// A measured figure, with a 95 % interval where one was computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    pub set: String,
    /// Number of assets, and how many of them are fake.
    pub assets: u32,
    pub fake: u32,
    /// Groups of people, nobody in two of them: the interval is drawn from these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<u32>,
    pub name: String,
    pub value: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f32; 2]>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn scores_rise_with_logits_and_stay_in_bounds(a in -30f32..30.0, more in 0f32..30.0, scale in 0.1f32..4.0, offset in -5f32..5.0) {
            let reading = Calibration { scale, offset, fitted_on: String::new() };
            let (low, high) = (reading.score(a), reading.score(a + more));
            prop_assert!(0.0 <= low && low <= high && high <= 1.0);
        }
    }
}

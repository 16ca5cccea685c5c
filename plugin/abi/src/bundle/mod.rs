//! `model.toml`: what a model bundle says of itself.
//!
//! A bundle is a directory: `model.toml` and the ONNX parts that it names, each with its sha256.

mod check;

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
/// Most views of a face in a still.
pub const MAX_STILL_VIEWS: usize = 9;
/// Most bytes that the crops of one window may have, with all faces in it: `prepare` holds them a few times over, within
/// the memory that a manifest usually allows.
pub const MAX_CROP_BYTES: usize = 192 << 20;

impl Bundle {
    /// Most faces that are judged in each window of `frames`.
    pub fn max_faces(&self, frames: usize) -> usize {
        let rows = MAX_FACES * self.temporal.window as usize;
        if frames == 1 { MAX_STILL_FACES.min(rows) } else { MAX_FACES }
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
    /// The crops of each face in a still: by how much its box is larger and lies further right and down, in units of the
    /// box's longer side. The face's logit is the mean of theirs, which depends less on where the face finder put its box.
    /// An odd number; the middle one is the box as it was found, [`AS_FOUND`].
    #[serde(default = "as_found", skip_serializing_if = "is_as_found")]
    pub still_views: Vec<[f32; 3]>,
    /// Whether every other crop of a face is mirrored, left and right; the middle one is not. A face has two sides to it,
    /// and its frames, or views, show each in as many crops.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mirror: bool,
}

impl Input {
    /// Whether crop `nth` of `count` of a face is mirrored.
    pub fn mirrored(&self, nth: usize, count: usize) -> bool {
        self.mirror && !(nth + count / 2).is_multiple_of(2)
    }
}

/// The view of a face that moves nothing.
pub const AS_FOUND: [f32; 3] = [1.0, 0.0, 0.0];

pub fn as_found() -> Vec<[f32; 3]> {
    vec![AS_FOUND]
}

fn is_as_found(views: &[[f32; 3]]) -> bool {
    views == [AS_FOUND]
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
    /// For assets that are a single frame, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still_band: Option<[f32; 2]>,
}

impl Output {
    /// How logits of an asset are read: of a `still`, or of footage.
    pub fn calibration_of(&self, still: bool) -> &Calibration {
        self.still.as_ref().filter(|_| still).unwrap_or(&self.calibration)
    }

    /// Between which scores an asset is `unsure`: a `still`, or footage.
    pub fn band_of(&self, still: bool) -> [f32; 2] {
        self.still_band.filter(|_| still).unwrap_or(self.band)
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
    /// How far a face may be turned aside, as [`crate::Quality::turn`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_turn: Option<f32>,
}

/// Those of imported bundles.
impl Default for QualityLimits {
    fn default() -> Self {
        Self { min_face_px: 64.0, min_sharpness: 30.0, min_brightness: 25.0, max_brightness: 210.0, max_turn: None }
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

//! What a plugin is, and what it wants to be fed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Answer of `describe`. Before `model.toml` is loaded, `model` is absent and `parts` names only it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Describe {
    pub abi: u32,
    pub name: String,
    pub version: String,
    pub frame: FrameSpec,
    /// The parts to push with `load`, in this order.
    pub parts: Vec<PartSpec>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// The largest chunk that `load` takes, in bytes.
    pub max_chunk: u32,
}

/// The frames that `prepare` and `analyze` take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameSpec {
    /// Always `rgb24`.
    pub format: String,
    /// Frames per window.
    pub window: u32,
    /// Longest side in pixels; the host scales larger frames down and never scales up.
    pub max_side: u32,
    /// Most pixels of a frame that comes alone, a still, whatever its sides. Without it `max_side` holds for stills too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_still_pixels: Option<u32>,
}

impl FrameSpec {
    /// The longest side that frames of `width × height` pixels may keep, `frames` of them at a time.
    pub fn longest_side(&self, width: u32, height: u32, frames: u32) -> u32 {
        let Some(most) = self.max_still_pixels.filter(|_| frames == 1) else { return self.max_side };
        let shrink = (f64::from(most) / (f64::from(width) * f64::from(height))).sqrt().min(1.0);
        ((f64::from(width.max(height)) * shrink) as u32).max(self.max_side)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSpec {
    pub name: String,
    /// File of the part, relative to its bundle's directory.
    pub file: String,
    /// Lower-case hexadecimal; absent for `model.toml`, which holds the others'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    pub ready: bool,
}

/// Names a model bundle exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelId {
    pub name: String,
    pub version: String,
    /// sha256 of the bundle's `model.toml`, which names the hash of every part.
    pub sha256: String,
}

/// Name and version, as people call the model.
impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stills_keep_their_pixels_and_frames_of_a_window_their_side() {
        let of = |max_still_pixels| FrameSpec { format: "rgb24".into(), window: 20, max_side: 960, max_still_pixels };
        let (old, new) = (of(None), of(Some(24_000_000)));
        assert_eq!([old.longest_side(4000, 3000, 1), old.longest_side(4000, 3000, 20)], [960, 960]);
        assert_eq!([new.longest_side(4000, 3000, 1), new.longest_side(4000, 3000, 20)], [4000, 960]);
        assert_eq!(new.longest_side(12_000, 8000, 1), 6000);
        assert_eq!(new.longest_side(512, 512, 1), 960);
    }
}

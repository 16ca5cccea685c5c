//! What a plugin is, and what it wants to be fed.

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

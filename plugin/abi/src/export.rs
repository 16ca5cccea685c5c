//! The functions that a plugin exports.

use std::fmt;

/// An export of the plugin; [`Export::name`] is its name in the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Export {
    /// **Input:** empty | **Output:** JSON [`crate::Describe`]
    Describe,
    /// **Input:** [`crate::Chunk`] | **Output:** JSON [`crate::Loaded`]
    Load,
    /// **Input:** [`crate::FrameBatch`] of one window | **Output:** [`crate::TensorBatch`] of face crops with [`crate::Observation`]
    Prepare,
    /// **Input:** [`crate::TensorBatch`] of face crops | **Output:** [`crate::TensorBatch`] of features, one row per crop
    Infer,
    /// **Input:** [`crate::TensorBatch`] of features with the [`crate::Observation`] of every window | **Output:** JSON [`crate::Analysis`]
    Decide,
    /// **Input:** [`crate::FrameBatch`] of one window | **Output:** JSON [`crate::Analysis`], exactly `decide ∘ infer ∘ prepare`
    Analyze,
    /// **Input:** [`crate::TensorBatch`] of face crops with their [`crate::Observation`] | **Output:** JSON [`crate::Explanation`]
    Explain,
}

impl Export {
    /// Those without which a plugin is refused; plugins of before `explain` have just these.
    pub const REQUIRED: [Self; 6] =
        [Self::Describe, Self::Load, Self::Prepare, Self::Infer, Self::Decide, Self::Analyze];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Load => "load",
            Self::Prepare => "prepare",
            Self::Infer => "infer",
            Self::Decide => "decide",
            Self::Analyze => "analyze",
            Self::Explain => "explain",
        }
    }
}

impl fmt::Display for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

//! The contract between a Veritag plugin and its host, version 1.
//!
//! Every export follows the Extism convention `() -> i32`, bytes in, bytes out. The plugin imports
//! nothing but Extism's own functions: no WASI, no files, no network, no variables.

pub mod analysis;
pub mod bundle;
pub mod credentials;
pub mod describe;
pub mod explanation;
pub mod export;
pub mod fault;
pub mod frames;
pub mod load;
pub mod observation;
pub mod tensors;

pub use analysis::{Analysis, FaceScore, Reason, Verdict, WindowScore};
pub use bundle::Bundle;
pub use describe::{Describe, FrameSpec, ModelId, PartSpec};
pub use explanation::{Explanation, Relevance};
pub use export::Export;
pub use fault::Fault;
pub use frames::{Frame, FrameBatch, FrameHeader};
pub use load::{Chunk, Loaded};
pub use observation::{Observation, Quality, Track, TrackFrame, Window};
pub use tensors::{Role, TensorBatch};

/// The one version number of this contract. A host refuses a plugin that describes another.
pub const ABI_VERSION: u32 = 1;

fn is_zero(number: &u32) -> bool {
    *number == 0
}

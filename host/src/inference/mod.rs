//! Where features are computed.

mod offload;
mod sandbox;

use veritag_abi::{Observation, Role, TensorBatch};

pub use offload::Offload;

use crate::assessment::Runner;
use crate::error::Error;
use crate::sandbox::PluginError;

/// Runs the part of a model that is most of its work. It sees crops of faces, never media.
pub trait Inference: Send + Sync {
    /// The features of `crops`: from f32 `[rows, 3, side, side]`, normalised, to f32 `[rows, width]`, with what was
    /// seen in them.
    ///
    /// # Errors
    /// What kept it from computing them.
    fn infer(&self, crops: TensorBatch) -> Result<Inferred, Error>;
}

/// Features, and what computed them.
pub struct Inferred {
    pub features: TensorBatch,
    pub by: Runner,
}

/// The rows of all pieces, one after the other.
///
/// # Errors
/// [`PluginError::BadOutput`] when they do not fit together.
pub fn join(pieces: Vec<TensorBatch>, seen: Observation) -> Result<TensorBatch, PluginError> {
    let rows = pieces.iter().map(TensorBatch::rows).sum();
    let width = pieces.iter().find(|p| p.rows() > 0).map_or(0, |piece| piece.data.len() / piece.rows());
    let data = pieces.into_iter().flat_map(|piece| piece.data).collect();
    TensorBatch::new(Role::Features, vec![rows, width], data, seen)
        .map_err(|fault| PluginError::BadOutput { export: "infer".into(), why: fault.to_string() })
}

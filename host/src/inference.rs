//! Where features are computed.

use rayon::prelude::*;
use veritag_abi::{Observation, Role, TensorBatch};

use crate::error::Error;
use crate::sandbox::{PluginError, Pool};

/// Fewest crops that are worth a worker of their own.
const CROPS_PER_TASK: usize = 5;

/// Runs the part of a model that is most of its work. It sees crops of faces, never media.
pub trait Inference: Send + Sync {
    /// What an assessment says ran it.
    fn name(&self) -> &str;

    /// The features of `crops`: from f32 `[rows, 3, side, side]`, normalised, to f32 `[rows, width]`, with what was
    /// seen in them.
    ///
    /// # Errors
    /// What kept it from computing them.
    fn infer(&self, crops: TensorBatch) -> Result<TensorBatch, Error>;
}

/// In the sandbox, over all of its workers.
impl Inference for Pool {
    fn name(&self) -> &str {
        "sandbox"
    }

    fn infer(&self, mut crops: TensorBatch) -> Result<TensorBatch, Error> {
        let seen = std::mem::take(&mut crops.seen);
        let rows: Vec<usize> = (0..crops.rows()).step_by(CROPS_PER_TASK).collect();
        let pieces: Vec<TensorBatch> = rows
            .into_par_iter()
            .map(|row| crops.slice(row..(row + CROPS_PER_TASK).min(crops.rows())))
            .map(|piece| self.with(|instance| instance.infer(&piece)))
            .collect::<Result<_, _>>()?;
        Ok(join(pieces, seen)?)
    }
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

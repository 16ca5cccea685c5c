//! In the sandbox, over all of its workers.

use rayon::prelude::*;
use veritag_abi::TensorBatch;

use super::{Inference, Inferred, join};
use crate::assessment::Runner;
use crate::error::Error;
use crate::sandbox::Pool;

/// Fewest crops that are worth a worker of their own: half a window, and more than the views of one face of a still,
/// which are done sooner than another worker has loaded the model.
const CROPS_PER_TASK: usize = 10;

impl Inference for Pool {
    fn infer(&self, mut crops: TensorBatch) -> Result<Inferred, Error> {
        let seen = std::mem::take(&mut crops.seen);
        let rows: Vec<usize> = (0..crops.rows()).step_by(CROPS_PER_TASK).collect();
        let pieces: Vec<TensorBatch> = rows
            .into_par_iter()
            .map(|row| crops.slice(row..(row + CROPS_PER_TASK).min(crops.rows())))
            .map(|piece| self.with(|instance| instance.infer(&piece)))
            .collect::<Result<_, _>>()?;
        Ok(Inferred { features: join(pieces, seen)?, by: Runner::sandbox() })
    }
}

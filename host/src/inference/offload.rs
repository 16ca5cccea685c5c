//! On a runner elsewhere, and in the sandbox where that fails and may be made up for.

use std::sync::Arc;

use tracing::{info, warn};
use veritag_abi::TensorBatch;

use super::{Inference, Inferred};
use crate::config;
use crate::error::Error;
use crate::runner::{KnownAnswer, Runner, RunnerError};
use crate::sandbox::Pool;

pub struct Offload {
    runner: Runner,
    pool: Arc<Pool>,
    /// Whether the sandbox stands in.
    fallback: bool,
}

impl Offload {
    /// The runner at `url`, checked against what the sandbox computes.
    ///
    /// # Errors
    /// [`RunnerError`] when it is not the one that is wanted, or, where nothing stands in for it, does not answer.
    pub fn open(config: &config::Runner, url: &str, pool: Arc<Pool>) -> Result<Self, Error> {
        let known = KnownAnswer::of(pool.bundle(), |crops| pool.with(|instance| instance.infer(crops)))?;
        let runner = Runner::new(config, url, known)?;
        let offload = Self { runner, pool, fallback: config.fallback };
        match offload.runner.ready() {
            Ok(facts) => info!(name = facts.name, engine = facts.engine, device = facts.device, "runner is ready"),
            Err(error) if offload.stands_in(&error) && !error.is_another() => {}
            Err(error) => return Err(error.into()),
        }
        Ok(offload)
    }

    fn stands_in(&self, error: &RunnerError) -> bool {
        if self.fallback {
            warn!(code = error.code(), "{error}; the sandbox stands in");
        }
        self.fallback
    }
}

impl Inference for Offload {
    fn infer(&self, crops: TensorBatch) -> Result<Inferred, Error> {
        if crops.rows() == 0 {
            return self.pool.infer(crops);
        }
        match self.runner.infer(&crops) {
            Ok((features, by)) => Ok(Inferred { features, by }),
            Err(error) if self.stands_in(&error) => self.pool.infer(crops),
            Err(error) => Err(error.into()),
        }
    }
}

//! A bounded number of instances, lent out one call at a time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use veritag_abi::Describe;

use super::engine::{Cache, compile};
use super::fault::PluginError;
use super::instance::Instance;
use super::manifest::PluginManifest;
use crate::model::Bundle;

/// Lends instances, starting one when none is idle and fewer than `limit` live.
pub struct Pool {
    manifest: PluginManifest,
    module: Vec<u8>,
    module_sha256: String,
    bundle: Bundle,
    cache: Cache,
    limit: usize,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Instance>,
    live: usize,
}

impl Pool {
    /// # Errors
    /// [`PluginError`] when the module cannot be read or is not the one that the manifest names.
    pub fn new(manifest: PluginManifest, bundle: Bundle, cache: Cache, limit: usize) -> Result<Self, PluginError> {
        let (module, module_sha256) = manifest.module()?;
        let state = Mutex::default();
        Ok(Self { manifest, module, module_sha256, bundle, cache, limit, state, returned: Condvar::new() })
    }

    pub fn module_sha256(&self) -> &str {
        &self.module_sha256
    }

    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Starts so many instances at once, at least one and at most the limit, and gives what the plugin says of itself.
    ///
    /// # Errors
    /// Those of starting an instance.
    pub fn warm(&self, instances: usize) -> Result<Describe, PluginError> {
        let starts = (0..instances.clamp(1, self.limit)).into_par_iter();
        let mut about: Vec<_> = starts.map(|_| self.with(Instance::describe)).collect::<Result<_, _>>()?;
        Ok(about.swap_remove(0))
    }

    /// Runs `call` on an instance of its own. One that trapped, ran out of time or memory is thrown away:
    /// nobody knows what it left behind. So is one that a very large input has swollen.
    ///
    /// # Errors
    /// Those of starting an instance and of `call`.
    pub fn with<T>(&self, call: impl FnOnce(&mut Instance) -> Result<T, PluginError>) -> Result<T, PluginError> {
        let idle = self.wait();
        let mut slot = Slot { pool: self, instance: None };
        let mut instance = idle.map_or_else(|| self.start(), Ok)?;
        let result = call(&mut instance);
        if !instance.swollen() && result.as_ref().err().is_none_or(|error| !error.poisons()) {
            slot.instance = Some(instance);
        }
        result
    }

    /// Waits for a place; gives the idle instance that has it, or none where one is to be started.
    fn wait(&self) -> Option<Instance> {
        let mut state = self.lock();
        loop {
            if let Some(instance) = state.idle.pop() {
                return Some(instance);
            }
            if state.live < self.limit {
                state.live += 1;
                return None;
            }
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn start(&self) -> Result<Instance, PluginError> {
        let compiled = compile(&self.manifest, &self.module, &self.cache)?;
        Instance::start(&compiled, &self.bundle)
    }

    fn give_back(&self, instance: Option<Instance>) {
        let mut state = self.lock();
        match instance {
            Some(instance) => state.idle.push(instance),
            None => state.live -= 1,
        }
        drop(state);
        self.returned.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the pool: given back with its instance, or without one after a fault or a panic.
struct Slot<'a> {
    pool: &'a Pool,
    instance: Option<Instance>,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.pool.give_back(self.instance.take());
    }
}

//! One instance of the plugin with its model loaded: typed calls.

use extism::{CompiledPlugin, Plugin};
use serde::de::DeserializeOwned;
use veritag_abi::{ABI_VERSION, Analysis, Chunk, Describe, Export, FrameBatch, Loaded, Role, TensorBatch};

use super::fault::{PluginError, classify};
use crate::model::Bundle;

/// Owns its plugin; dropping it frees the guest's memory.
pub struct Instance {
    plugin: Plugin,
    max_chunk: usize,
}

impl Instance {
    /// Instantiates `compiled`, checks that it speaks this contract, and pushes `bundle` into it.
    ///
    /// # Errors
    /// [`PluginError`]: missing exports, another ABI, or a model that the plugin refuses.
    pub fn start(compiled: &CompiledPlugin, bundle: &Bundle) -> Result<Self, PluginError> {
        let plugin = Plugin::new_from_compiled(compiled).map_err(|e| classify("instantiate", &e, -1))?;
        let mut instance = Self { plugin, max_chunk: 0 };
        instance.check_exports()?;
        instance.max_chunk = instance.check_abi()?.max_chunk.max(1) as usize;
        instance.load(bundle)?;
        Ok(instance)
    }

    fn check_exports(&self) -> Result<(), PluginError> {
        let missing = Export::ALL.into_iter().find(|export| !self.plugin.function_exists(export.name()));
        missing.map_or(Ok(()), |export| Err(PluginError::MissingExport { export: export.name().into() }))
    }

    fn check_abi(&mut self) -> Result<Describe, PluginError> {
        let bytes = self.call(Export::Describe, &[])?;
        let answer: serde_json::Value = parse(Export::Describe, &bytes)?;
        match answer.get("abi").and_then(serde_json::Value::as_u64) {
            Some(abi) if abi == u64::from(ABI_VERSION) => parse(Export::Describe, &bytes),
            Some(found) => Err(PluginError::AbiMismatch { found, expected: ABI_VERSION }),
            None => Err(bad(Export::Describe, "no abi number")),
        }
    }

    fn load(&mut self, bundle: &Bundle) -> Result<(), PluginError> {
        let mut ready = false;
        for (part, bytes) in bundle.parts() {
            for (index, piece) in bytes.chunks(self.max_chunk).enumerate() {
                let offset = (index * self.max_chunk) as u64;
                let chunk = Chunk { part, offset, total: bytes.len() as u64, bytes: piece };
                let answer = self.call(Export::Load, &chunk.encode())?;
                ready = parse::<Loaded>(Export::Load, &answer)?.ready;
            }
        }
        if ready { Ok(()) } else { Err(bad(Export::Load, "the model is not ready after its last part")) }
    }

    /// # Errors
    /// [`PluginError`], as every call below.
    pub fn describe(&mut self) -> Result<Describe, PluginError> {
        let bytes = self.call(Export::Describe, &[])?;
        parse(Export::Describe, &bytes)
    }

    pub fn prepare(&mut self, frames: &FrameBatch) -> Result<TensorBatch, PluginError> {
        let bytes = self.call(Export::Prepare, &frames.encode())?;
        TensorBatch::decode(Role::Crops, &bytes).map_err(|e| bad(Export::Prepare, e))
    }

    pub fn infer(&mut self, crops: &TensorBatch) -> Result<TensorBatch, PluginError> {
        let bytes = self.call(Export::Infer, &crops.encode())?;
        let features = TensorBatch::decode(Role::Features, &bytes).map_err(|e| bad(Export::Infer, e))?;
        if features.rows() == crops.rows() {
            Ok(features)
        } else {
            Err(bad(Export::Infer, format!("{} rows for {} crops", features.rows(), crops.rows())))
        }
    }

    pub fn decide(&mut self, features: &TensorBatch) -> Result<Analysis, PluginError> {
        let bytes = self.call(Export::Decide, &features.encode())?;
        checked(Export::Decide, parse(Export::Decide, &bytes)?)
    }

    pub fn analyze(&mut self, frames: &FrameBatch) -> Result<Analysis, PluginError> {
        let bytes = self.call(Export::Analyze, &frames.encode())?;
        checked(Export::Analyze, parse(Export::Analyze, &bytes)?)
    }

    fn call(&mut self, export: Export, input: &[u8]) -> Result<Vec<u8>, PluginError> {
        tracing::trace!(%export, bytes = input.len(), "call");
        let called = self.plugin.call_get_error_code::<_, Vec<u8>>(export.name(), input);
        called.map_err(|(error, code)| classify(export.name(), &error, code))
    }
}

fn bad(export: Export, why: impl std::fmt::Display) -> PluginError {
    PluginError::BadOutput { export: export.name().into(), why: why.to_string() }
}

fn parse<T: DeserializeOwned>(export: Export, bytes: &[u8]) -> Result<T, PluginError> {
    serde_json::from_slice(bytes).map_err(|e| bad(export, e))
}

/// An analysis whose verdict, score and reason belong together.
fn checked(export: Export, analysis: Analysis) -> Result<Analysis, PluginError> {
    let assessed = analysis.verdict != veritag_abi::Verdict::NotAssessed;
    let scores = analysis.score.iter().chain(analysis.windows.iter().filter_map(|w| w.score.as_ref()));
    if scores.into_iter().any(|score| !(0.0..=1.0).contains(score)) {
        Err(bad(export, "a score outside 0..1"))
    } else if analysis.score.is_some() != assessed || analysis.reason.is_some() == assessed {
        Err(bad(export, "verdict, score and reason contradict each other"))
    } else {
        Ok(analysis)
    }
}

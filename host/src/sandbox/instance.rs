//! One instance of the plugin with its model loaded: typed calls.

use extism::{CompiledPlugin, Plugin};
use serde::de::DeserializeOwned;
use veritag_abi::bundle::MAX_CROP_BYTES;
use veritag_abi::{
    ABI_VERSION, Analysis, Chunk, Describe, Explanation, Export, FrameBatch, Loaded, ModelId, Quality, Role,
    TensorBatch, Verdict,
};

use super::fault::{PluginError, classify};
use crate::model::Bundle;

/// Largest answer that is read, in bytes: the crops of a window, and what was seen in it.
const MAX_ANSWER_BYTES: usize = MAX_CROP_BYTES + (1 << 20);
/// Input whose memory an instance may keep, in bytes: a window of square frames of 960 px. A sandbox never shrinks.
const KEPT_INPUT: usize = 64 << 20;

/// Owns its plugin; dropping it frees the guest's memory.
pub struct Instance {
    plugin: Plugin,
    max_chunk: usize,
    model: ModelId,
    swollen: bool,
}

impl Instance {
    /// Instantiates `compiled`, checks that it speaks this contract, and pushes `bundle` into it.
    ///
    /// # Errors
    /// [`PluginError`]: missing exports, another ABI, or a model that the plugin refuses.
    pub fn start(compiled: &CompiledPlugin, bundle: &Bundle) -> Result<Self, PluginError> {
        let plugin = Plugin::new_from_compiled(compiled).map_err(|e| classify("instantiate", &e, -1))?;
        let mut instance = Self { plugin, max_chunk: 0, model: bundle.id.clone(), swollen: false };
        instance.check_exports()?;
        instance.max_chunk = instance.check_abi()?.max_chunk as usize;
        instance.load(bundle)?;
        Ok(instance)
    }

    fn check_exports(&self) -> Result<(), PluginError> {
        let missing = Export::REQUIRED.into_iter().find(|export| !self.plugin.function_exists(export.name()));
        missing.map_or(Ok(()), |export| Err(PluginError::MissingExport { export: export.name().into() }))
    }

    fn check_abi(&mut self) -> Result<Describe, PluginError> {
        let bytes = self.call(Export::Describe, &[])?;
        let answer: serde_json::Value = parse(Export::Describe, &bytes)?;
        match answer.get("abi").and_then(serde_json::Value::as_u64) {
            Some(abi) if abi == u64::from(ABI_VERSION) => sane(parse(Export::Describe, &bytes)?),
            Some(found) => Err(PluginError::AbiMismatch { found, expected: ABI_VERSION }),
            None => Err(bad(Export::Describe, "no abi number")),
        }
    }

    fn load(&mut self, bundle: &Bundle) -> Result<(), PluginError> {
        let mut ready = false;
        for (part, bytes) in bundle.parts() {
            // A part without bytes is a chunk, too: the plugin says what is wrong with it.
            let empty = bytes.is_empty().then_some(&[][..]);
            for (index, piece) in bytes.chunks(self.max_chunk).chain(empty).enumerate() {
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

    /// The crops of one window, with what was seen in exactly that window.
    pub fn prepare(&mut self, frames: &FrameBatch) -> Result<TensorBatch, PluginError> {
        let bytes = self.call(Export::Prepare, &frames.encode())?;
        let crops = TensorBatch::decode(Role::Crops, &bytes).map_err(|e| bad(Export::Prepare, e))?;
        let (times, last) = (frames.pts_us(), frames.count() - 1);
        match crops.seen.windows.as_slice() {
            [window] if (window.start_us, window.end_us) == (times[0], times[last]) => Ok(crops),
            _ => Err(bad(Export::Prepare, "not the window that it was given")),
        }
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
        let analysis = checked(Export::Decide, parse(Export::Decide, &bytes)?)?;
        let judged = analysis.windows.iter().map(|w| (w.start_us, w.end_us));
        if judged.eq(features.seen.windows.iter().map(|w| (w.start_us, w.end_us))) && analysis.model == self.model {
            Ok(analysis)
        } else {
            Err(bad(Export::Decide, "it judges other windows, or with another model, than it was given"))
        }
    }

    pub fn analyze(&mut self, frames: &FrameBatch) -> Result<Analysis, PluginError> {
        let bytes = self.call(Export::Analyze, &frames.encode())?;
        checked(Export::Analyze, parse(Export::Analyze, &bytes)?)
    }

    /// Where in each face of `crops` the evidence lies. A plugin of before heat maps has no such export.
    pub fn explain(&mut self, crops: &TensorBatch) -> Result<Explanation, PluginError> {
        if !self.plugin.function_exists(Export::Explain.name()) {
            return Err(PluginError::MissingExport { export: Export::Explain.name().into() });
        }
        let bytes = self.call(Export::Explain, &crops.encode())?;
        let explanation = Explanation::decode(&bytes).map_err(|e| bad(Export::Explain, e))?;
        let faces: usize = crops.seen.windows.iter().map(|window| window.tracks.len()).sum();
        match explanation.faces.len() {
            found if found == faces => Ok(explanation),
            found => Err(bad(Export::Explain, format!("{found} maps for {faces} faces"))),
        }
    }

    /// Whether it holds the memory of a very large input, which only its end gives back.
    pub const fn swollen(&self) -> bool {
        self.swollen
    }

    fn call(&mut self, export: Export, input: &[u8]) -> Result<Vec<u8>, PluginError> {
        self.swollen |= input.len() > KEPT_INPUT;
        let called = self.plugin.call_get_error_code::<_, Vec<u8>>(export.name(), input);
        let answer = called.map_err(|(error, code)| classify(export.name(), &error, code))?;
        if answer.len() > MAX_ANSWER_BYTES { Err(bad(export, format!("{} bytes", answer.len()))) } else { Ok(answer) }
    }
}

fn bad(export: Export, why: impl std::fmt::Display) -> PluginError {
    PluginError::BadOutput { export: export.name().into(), why: why.to_string() }
}

fn parse<T: DeserializeOwned>(export: Export, bytes: &[u8]) -> Result<T, PluginError> {
    serde_json::from_slice(bytes).map_err(|e| bad(export, e))
}

/// A description whose numbers the host can live with.
fn sane(about: Describe) -> Result<Describe, PluginError> {
    let frame = &about.frame;
    let fits = frame.format == "rgb24"
        && (1..=256).contains(&frame.window)
        && (32..=4096).contains(&frame.max_side)
        && frame.max_still_pixels.is_none_or(|most| (1024..=1 << 27).contains(&most))
        && (4096..=1 << 26).contains(&about.max_chunk);
    if fits { Ok(about) } else { Err(bad(Export::Describe, "frames or chunks of an impossible size")) }
}

/// An analysis whose verdict, score and reason belong together, and whose numbers are numbers.
fn checked(export: Export, analysis: Analysis) -> Result<Analysis, PluginError> {
    let assessed = analysis.verdict != Verdict::NotAssessed;
    let faces = || analysis.windows.iter().flat_map(|window| &window.faces);
    let scores = analysis.score.into_iter().chain(analysis.windows.iter().filter_map(|window| window.score));
    let mut scores =
        scores.chain(faces().filter_map(|face| face.score)).chain(analysis.band).chain([analysis.threshold]);
    let reasons = faces().filter_map(|face| face.reason);
    let mut reasons = reasons.chain(analysis.windows.iter().filter_map(|window| window.reason)).chain(analysis.reason);
    let quality = |q: &Quality| [q.face_px, q.sharpness, q.brightness, q.turn, q.detection, q.coverage];
    let mut others = faces().flat_map(|face| face.bbox.into_iter().chain(quality(&face.quality)).chain(face.logit));
    if scores.any(|score| !(0.0..=1.0).contains(&score)) || others.any(|value| !value.is_finite()) {
        Err(bad(export, "a score outside 0..1, or a number that is none"))
    } else if reasons.any(|reason| !reason.is_of_frames()) {
        Err(bad(export, "a reason that only a host can know"))
    } else if analysis.score.is_some() != assessed || analysis.reason.is_some() == assessed {
        Err(bad(export, "verdict, score and reason contradict each other"))
    } else if analysis.score.is_some_and(|score| analysis.verdict != Verdict::of(score, analysis.band)) {
        Err(bad(export, "the verdict is not the one of its score"))
    } else {
        Ok(analysis)
    }
}

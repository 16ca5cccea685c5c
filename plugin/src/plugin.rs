//! The plugin between calls: what has been loaded, and the seven functions over it.

use veritag_abi::bundle::{Bundle, Part};
use veritag_abi::{
    ABI_VERSION, Analysis, Chunk, Describe, Explanation, Fault, FrameSpec, Loaded, ModelId, PartSpec, Role, TensorBatch,
};

use crate::decide::decide;
use crate::explain::explain;
use crate::frames::Frames;
use crate::model::intake::{Intake, sha256};
use crate::model::loaded::Model;
use crate::model::parts::Parts;
use crate::prepare::prepare;

/// The part that names the others.
const CARD: &str = "model.toml";
/// Frames per window before a model says otherwise.
const WINDOW: u32 = 20;
/// Longest side of a frame of a window, in pixels.
const MAX_SIDE: u32 = 960;
/// Most pixels of a still, which are searched whole; a larger one is shrunk to as many.
const MAX_STILL_PIXELS: u32 = 40_000_000;
const MAX_CHUNK: u32 = 1 << 20;

/// Everything that one instance of the plugin holds.
#[derive(Default)]
pub struct Plugin {
    intake: Intake,
    card: Option<(ModelId, Bundle)>,
    /// Those that are in, until the model is built of them.
    parts: Parts,
    model: Option<Model>,
}

impl Plugin {
    pub fn describe(&self) -> Describe {
        let card = self.card.as_ref();
        let window = card.map_or(WINDOW, |(_, bundle)| bundle.temporal.window);
        Describe {
            abi: ABI_VERSION,
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            frame: FrameSpec {
                format: "rgb24".into(),
                window,
                max_side: MAX_SIDE,
                max_still_pixels: Some(MAX_STILL_PIXELS),
            },
            parts: self.part_specs(),
            model: card.map(|(id, _)| id.clone()),
            max_chunk: MAX_CHUNK,
        }
    }

    fn part_specs(&self) -> Vec<PartSpec> {
        let card = PartSpec { name: CARD.into(), file: CARD.into(), sha256: None, ready: self.card.is_some() };
        let parts = self.card.iter().flat_map(|(_, bundle)| &bundle.parts);
        let specs = parts.map(|part| PartSpec {
            name: part.name.clone(),
            file: part.file.clone(),
            sha256: Some(part.sha256.clone()),
            ready: self.model.is_some() || self.parts.has(&part.name),
        });
        std::iter::once(card).chain(specs).collect()
    }

    /// # Errors
    /// [`Fault::Rejected`] for a chunk out of order or of an unknown part; [`Fault::Model`] for a part whose
    /// sha256 is not the bundle's, or a model that cannot be built or fails its self-test.
    pub fn load(&mut self, chunk: &Chunk) -> Result<Loaded, Fault> {
        if let Some(bytes) = self.intake.take(chunk)? {
            self.accept(chunk.part, bytes)?;
            return Ok(Loaded { received: chunk.total, ready: self.model.is_some() });
        }
        Ok(Loaded { received: self.intake.received(), ready: false })
    }

    fn accept(&mut self, part: &str, bytes: Vec<u8>) -> Result<(), Fault> {
        if part == CARD {
            self.model = None;
            self.parts = Parts::default();
            self.card = Some(read_card(&bytes)?);
            return Ok(());
        }
        let expected = &self.expected(part)?.sha256;
        if sha256(&bytes) != *expected {
            return Err(Fault::Model(format!("{part}: sha256 is {}, the bundle says {expected}", sha256(&bytes))));
        }
        self.parts.put(part, bytes);
        self.build_when_complete()
    }

    fn expected(&self, part: &str) -> Result<&Part, Fault> {
        let (_, bundle) = self.card.as_ref().ok_or_else(|| Fault::Rejected(format!("{part}: {CARD} comes first")))?;
        bundle.parts.iter().find(|p| p.name == part).ok_or_else(|| Fault::Rejected(format!("{part}: not in {CARD}")))
    }

    fn build_when_complete(&mut self) -> Result<(), Fault> {
        if let Some((id, bundle)) = self.card.as_ref().filter(|(_, bundle)| self.parts.complete(bundle)) {
            self.model = Some(Model::build(id.clone(), bundle.clone(), &self.parts)?);
            self.parts = Parts::default();
        }
        Ok(())
    }

    fn model(&mut self) -> Result<&mut Model, Fault> {
        self.model.as_mut().ok_or_else(|| Fault::Model("not loaded: push every part that describe names".into()))
    }

    /// # Errors
    /// [`Fault::Model`] when no model is loaded or it fails.
    pub fn prepare(&mut self, frames: &Frames) -> Result<TensorBatch, Fault> {
        prepare(self.model()?, frames)
    }

    /// # Errors
    /// [`Fault::Rejected`] when the crops are not of the model's size.
    pub fn infer(&mut self, crops: &TensorBatch) -> Result<TensorBatch, Fault> {
        let model = self.model()?;
        check_crops(model, crops)?;
        let features = model.features(&crops.data)?;
        let width = features.len().checked_div(crops.rows()).unwrap_or(0);
        TensorBatch::new(Role::Features, vec![crops.rows(), width], features, crops.seen.clone())
    }

    /// # Errors
    /// [`Fault::Rejected`] when the features do not belong to what was seen.
    pub fn decide(&mut self, features: &TensorBatch) -> Result<Analysis, Fault> {
        decide(self.model()?, features)
    }

    /// # Errors
    /// Those of the three steps.
    pub fn analyze(&mut self, frames: &Frames) -> Result<Analysis, Fault> {
        let crops = self.prepare(frames)?;
        let features = self.infer(&crops)?;
        self.decide(&features)
    }

    /// # Errors
    /// [`Fault::Rejected`] when the crops are not of the model's size, or not those of the faces seen;
    /// [`Fault::NotImplemented`] when the model's features are no mean over a map.
    pub fn explain(&mut self, crops: &TensorBatch) -> Result<Explanation, Fault> {
        let model = self.model()?;
        check_crops(model, crops)?;
        explain(model, crops)
    }
}

fn check_crops(model: &Model, crops: &TensorBatch) -> Result<(), Fault> {
    let side = model.bundle.input.size;
    if crops.shape[1..] == [3, side, side] {
        return Ok(());
    }
    Err(Fault::Rejected(format!("crops of shape {:?}, expected [rows, 3, {side}, {side}]", crops.shape)))
}

fn read_card(bytes: &[u8]) -> Result<(ModelId, Bundle), Fault> {
    let text = std::str::from_utf8(bytes).map_err(|e| Fault::Model(format!("{CARD}: {e}")))?;
    let bundle: Bundle = toml::from_str(text).map_err(|e| Fault::Model(format!("{CARD}: {e}")))?;
    bundle.check_whole().map_err(Fault::Model)?;
    let id = ModelId { name: bundle.model.name.clone(), version: bundle.model.version.clone(), sha256: sha256(bytes) };
    Ok((id, bundle))
}

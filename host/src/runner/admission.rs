//! Whether a server is the runner that is wanted: its metadata, and its answer to crops whose features are known.

use veritag_abi::bundle::SelfTest;
use veritag_abi::{Observation, Role, TensorBatch};

use super::address::Address;
use super::transport::Transport;
use super::{Facts, Pixels, RunnerError, answer};
use crate::model::Bundle;
use crate::open_inference::{
    BUNDLE, CROPS, Data, FEATURES, InferRequest, ModelMetadata, ServerMetadata, Tensor, TensorMetadata,
};

/// Bytes of a sha256.
const HASH: i64 = 32;
/// How far features may lie from the sandbox's, of the largest of them: half-precision engines are some thousandths off.
const TOLERANCE: f32 = 0.02;

/// Crops, and the features that a bundle makes of them in the sandbox, where it has passed its self-test.
pub struct KnownAnswer {
    pub pixels: Pixels,
    side: usize,
    sha256: Vec<u8>,
    crops: Vec<u8>,
    rows: usize,
    features: Vec<f32>,
}

impl KnownAnswer {
    /// The self-test's crops, each value the nearest that a pixel can have, asked of the sandbox by `infer`.
    ///
    /// # Errors
    /// Those of `infer`.
    pub fn of<E>(bundle: &Bundle, infer: impl FnOnce(&TensorBatch) -> Result<TensorBatch, E>) -> Result<Self, E> {
        let (side, pixels) = (bundle.spec.input.size, Pixels::of(&bundle.spec.input));
        let rows = bundle.spec.self_test.as_ref().map_or(1, |test| test.frames as usize);
        let crops = pixels.nearest(&SelfTest::crops(rows * 3 * side * side));
        let shape = vec![rows, 3, side, side];
        let batch = TensorBatch::new(Role::Crops, shape, pixels.normalise(&crops), Observation::default());
        let features = infer(&batch.expect("crops fill their shape"))?.data;
        let sha256 = hex::decode(&bundle.id.sha256).expect("a sha256 is hexadecimal");
        Ok(Self { pixels, side, sha256, crops, rows, features })
    }

    /// The request for `rows` crops.
    pub fn request(&self, rows: usize, crops: Vec<u8>) -> InferRequest {
        let tensor = Tensor::new(CROPS, vec![rows, 3, self.side, self.side], Data::Uint8(crops));
        let inputs = vec![tensor.expect("crops fill their shape")];
        InferRequest { inputs, binary: true, ..InferRequest::default() }
    }

    /// Asks for the features of `rows` crops, once.
    ///
    /// # Errors
    /// [`RunnerError`].
    pub async fn ask(&self, transport: &Transport, rows: usize, crops: Vec<u8>) -> Result<Vec<f32>, RunnerError> {
        let response = transport.infer(self.request(rows, crops)).await?;
        answer::features(transport.address(), &response, rows, self.width(), &self.sha256)
    }

    /// Asks the server what it is, and for the answer that is known.
    ///
    /// # Errors
    /// [`RunnerError`] when it is another, or cannot be asked.
    pub async fn admit(&self, transport: &Transport) -> Result<Facts, RunnerError> {
        let address = transport.address();
        let (server, model) = transport.metadata().await?;
        self.check(address, &model)?;
        let found = self.ask(transport, self.rows, self.crops.clone()).await?;
        let largest = self.features.iter().fold(0f32, |most, value| most.max(value.abs()));
        let apart = found.iter().zip(&self.features).fold(0f32, |most, (a, b)| most.max((a - b).abs())) / largest;
        if apart > TOLERANCE {
            return Err(RunnerError::OtherFeatures { url: address.to_string(), apart });
        }
        Ok(facts(server, model, transport.device().await))
    }

    fn width(&self) -> usize {
        self.features.len() / self.rows
    }

    fn check(&self, address: &Address, model: &ModelMetadata) -> Result<(), RunnerError> {
        let ours = hex::encode(&self.sha256);
        if let Some(theirs) = model.properties.get("bundle_sha256").filter(|theirs| **theirs != ours) {
            return Err(RunnerError::OtherBundle { url: address.to_string(), theirs: theirs.clone(), ours });
        }
        let side = self.side as i64;
        for (found, name, datatype, shape) in [
            (model.input(CROPS), CROPS, "UINT8", &[-1, 3, side, side][..]),
            (model.output(FEATURES), FEATURES, "FP32", &[-1, self.width() as i64]),
            (model.output(BUNDLE), BUNDLE, "UINT8", &[-1, HASH]),
        ] {
            if !found.is_some_and(|tensor| fits(tensor, datatype, shape)) {
                let has = found.map_or("none".into(), |it| format!("{} {:?}", it.datatype, it.shape));
                let why = format!("tensor `{name}` must be {datatype} {shape:?}, it has {has}");
                return Err(RunnerError::other_model(address, why));
            }
        }
        Ok(())
    }
}

/// A side that either leaves open fits.
fn fits(tensor: &TensorMetadata, datatype: &str, shape: &[i64]) -> bool {
    let alike = |(a, b): (&i64, &i64)| *a < 0 || *b < 0 || a == b;
    tensor.datatype == datatype && tensor.shape.len() == shape.len() && tensor.shape.iter().zip(shape).all(alike)
}

/// What an assessment says of it.
fn facts(server: ServerMetadata, mut model: ModelMetadata, device: Option<String>) -> Facts {
    let mut said = |key: &str| model.properties.remove(key);
    let (engine, told) = (said("engine"), said("device"));
    Facts {
        name: format!("{} {}", server.name, server.version).trim().to_owned(),
        engine: engine.unwrap_or(model.platform),
        device: told.or(device),
    }
}

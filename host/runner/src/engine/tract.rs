//! tract on this processor.

use std::sync::Arc;

use tract_onnx::prelude::*;
use veritag::open_inference::{BUNDLE, Data, FEATURES, Tensor as Wire};

use super::Engine;
use crate::error::Error;

struct Tract(Arc<TypedRunnableModel>);

/// # Errors
/// What tract says.
pub fn load(onnx: &[u8], side: usize) -> Result<Box<dyn Engine>, Error> {
    let build = || {
        let loader = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
        let mut model = loader.model_for_read(&mut &onnx[..])?;
        let rows = model.symbols.sym("N").into();
        model.set_input_fact(0, u8::fact([rows, 3.to_dim(), side.to_dim(), side.to_dim()]).into())?;
        model.into_optimized()?.into_runnable()
    };
    let failed = |error: TractError| Error::Engine { provider: "tract".into(), why: format!("{error:#}") };
    build().map(|plan| Box::new(Tract(plan)) as Box<dyn Engine>).map_err(failed)
}

impl Engine for Tract {
    fn infer(&mut self, crops: &Wire) -> Result<Vec<Wire>, String> {
        let Data::Uint8(pixels) = &crops.data else { return Err(format!("crops are {}", crops.data.datatype())) };
        let told = |error: TractError| format!("{error:#}");
        let input = Tensor::from_shape(&crops.shape, pixels).map_err(told)?;
        let outputs = self.0.run(tvec!(input.into())).map_err(told)?;
        let [features, bundle] = &outputs[..] else { return Err(format!("{} outputs", outputs.len())) };
        let values = features.to_plain_array_view::<f32>().map_err(told)?.iter().copied().collect();
        let hashes = bundle.to_plain_array_view::<u8>().map_err(told)?.iter().copied().collect();
        Ok(vec![
            Wire { name: FEATURES.into(), shape: features.shape().to_vec(), data: Data::Fp32(values) },
            Wire { name: BUNDLE.into(), shape: bundle.shape().to_vec(), data: Data::Uint8(hashes) },
        ])
    }
}

//! ONNX networks on tract.

use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::{TDim, TractError};
use veritag_abi::Fault;

use crate::nhwc;

/// An ONNX graph, read but not yet built for an input shape.
pub struct Template {
    part: &'static str,
    model: InferenceModel,
}

/// A graph that is ready to run. Its first axis may be of any length.
pub struct Network {
    part: &'static str,
    plan: Arc<TypedRunnableModel>,
}

/// The shape and the values of one output.
pub type Output = (Vec<usize>, Vec<f32>);

/// What tract said of `part`, with its whole chain of causes.
pub fn model_fault(part: &str, error: &TractError) -> Fault {
    Fault::Model(format!("{part}: {error:#}"))
}

impl Template {
    /// # Errors
    /// [`Fault::Model`] when `onnx` is no graph that tract can read, or has not exactly one input.
    pub fn read(part: &'static str, onnx: &[u8]) -> Result<Self, Fault> {
        let loader = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
        let model = loader.model_for_read(&mut &onnx[..]).map_err(|e| model_fault(part, &e))?;
        if model.inputs.len() != 1 {
            return Err(Fault::Model(format!("{part}: {} inputs, expected one", model.inputs.len())));
        }
        Ok(Self { part, model })
    }

    /// A dimension that is free to change from run to run.
    pub fn free_dimension(&self) -> TDim {
        self.model.symbols.sym("N").into()
    }

    /// Builds for an f32 input of `shape`, whose convolutions then run with channels last.
    pub fn build(&self, shape: &[TDim]) -> TractResult<Network> {
        let mut model = self.model.clone();
        model.set_input_fact(0, f32::fact(shape).into())?;
        let plan = nhwc::translate(&model.into_typed()?)?.into_optimized()?.into_runnable()?;
        Ok(Network { part: self.part, plan })
    }
}

impl Network {
    /// # Errors
    /// [`Fault::Model`] when the graph fails on this input.
    pub fn run(&self, shape: &[usize], values: &[f32]) -> Result<Vec<Output>, Fault> {
        self.try_run(shape, values).map_err(|e| model_fault(self.part, &e))
    }

    /// Like [`Network::run`], for a graph with one output.
    pub fn run_single(&self, shape: &[usize], values: &[f32]) -> Result<Output, Fault> {
        let [output] = <[Output; 1]>::try_from(self.run(shape, values)?)
            .map_err(|outputs| Fault::Model(format!("{}: {} outputs, expected one", self.part, outputs.len())))?;
        Ok(output)
    }

    fn try_run(&self, shape: &[usize], values: &[f32]) -> TractResult<Vec<Output>> {
        let input = Tensor::from_shape(shape, values)?;
        let outputs = self.plan.run(tvec!(input.into()))?;
        outputs.iter().map(|o| Ok((o.shape().to_vec(), o.try_as_plain_ram()?.as_slice::<f32>()?.to_vec()))).collect()
    }
}

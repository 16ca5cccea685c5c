//! ONNX networks on tract.

use tract_core::internal::{DimLike, TDim, TractError};
use tract_core::prelude::*;
use veritag_abi::Fault;

use crate::nhwc;
use crate::onnx::Graph;

/// An ONNX graph, read but not yet built for an input shape.
pub struct Template {
    part: &'static str,
    graph: Graph,
}

/// A graph that is ready to run. Its first axis may be of any length.
pub struct Network {
    part: &'static str,
    plan: Arc<TypedRunnableModel>,
}

/// The shape and the values of one output.
pub type Output = (Vec<usize>, Vec<f32>);

/// What tract said of `part`, with its whole chain of causes.
fn model_fault(part: &str, error: &TractError) -> Fault {
    Fault::Model(format!("{part}: {error:#}"))
}

impl Template {
    /// # Errors
    /// [`Fault::Model`] when `onnx` is no graph of one input and operators that we know.
    pub fn read(part: &'static str, onnx: &[u8]) -> Result<Self, Fault> {
        let graph = Graph::read(onnx).map_err(|e| model_fault(part, &e))?;
        Ok(Self { part, graph })
    }

    /// A dimension that is free to change from run to run.
    pub fn free_dimension(&self) -> TDim {
        self.graph.free_dimension()
    }

    /// Builds for an f32 input of `shape`, whose convolutions then run with channels last.
    ///
    /// # Errors
    /// [`Fault::Model`] when the graph does not fit that shape.
    pub fn build(&self, shape: &[TDim]) -> Result<Network, Fault> {
        let build = || nhwc::translate(&self.graph.build(shape)?)?.into_optimized()?.into_runnable();
        Ok(Network { part: self.part, plan: build().map_err(|e| model_fault(self.part, &e))? })
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

    /// Length of the rows of an output `[rows, width]`.
    ///
    /// # Errors
    /// [`Fault::Model`] when the output has another shape.
    pub fn width(&self) -> Result<usize, Fault> {
        let fact = self.plan.model().output_fact(0).map_err(|e| model_fault(self.part, &e))?;
        let width = if let [_, width] = fact.shape.dims() { width.to_usize().ok() } else { None };
        width.ok_or_else(|| Fault::Model(format!("{}: gives {:?}, expected [rows, width]", self.part, fact.shape)))
    }

    fn try_run(&self, shape: &[usize], values: &[f32]) -> TractResult<Vec<Output>> {
        let input = Tensor::from_shape(shape, values)?;
        let outputs = self.plan.run(tvec!(input.into()))?;
        outputs.iter().map(|o| Ok((o.shape().to_vec(), o.try_as_plain_ram()?.as_slice::<f32>()?.to_vec()))).collect()
    }
}

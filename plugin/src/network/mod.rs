//! ONNX networks on tract.

use tract_core::internal::{DimLike, TDim, TractError, TractErrorContext};
use tract_core::prelude::*;
use tract_onnx::prelude::{Framework, InferenceModel, InferenceModelExt};
use veritag_abi::Fault;

use crate::kernels;

mod map;
mod stored;

/// An ONNX graph, read but not yet built for an input shape.
pub struct Template {
    part: &'static str,
    graph: InferenceModel,
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
    /// [`Fault::Model`] when `onnx` is no graph of one input and operators that tract knows.
    pub fn read(part: &'static str, onnx: &[u8]) -> Result<Self, Fault> {
        let graph = read(onnx).map_err(|e| model_fault(part, &e))?;
        let inputs = graph.inputs.len();
        if inputs != 1 {
            return Err(Fault::Model(format!("{part}: {inputs} inputs, expected one")));
        }
        Ok(Self { part, graph })
    }

    /// A dimension that is free to change from run to run.
    pub fn free_dimension(&self) -> TDim {
        self.graph.symbols.sym("N").into()
    }

    /// Builds for an f32 input of `shape`, whose convolutions then run with channels last.
    ///
    /// # Errors
    /// [`Fault::Model`] when the graph does not fit that shape.
    pub fn build(&self, shape: &[TDim]) -> Result<Network, Fault> {
        self.build_as(shape, Ok)
    }

    /// Like [`Template::build`], for a graph of one output `[N, width]`. Where that is pooled from a map,
    /// `[N, width, rows, columns]`, the map becomes a second output.
    ///
    /// # Errors
    /// Those of [`Template::build`], and a graph of several outputs.
    pub fn build_with_map(&self, shape: &[TDim]) -> Result<Network, Fault> {
        self.build_as(shape, map::expose)
    }

    fn build_as(
        &self,
        shape: &[TDim],
        change: impl FnOnce(TypedModel) -> TractResult<TypedModel>,
    ) -> Result<Network, Fault> {
        let build = || {
            let mut graph = self.graph.clone();
            graph.set_input_fact(0, f32::fact(shape).into())?;
            let graph = change(graph.into_typed()?)?;
            let ours = !cfg!(feature = "tract-kernels");
            let graph = if ours { kernels::translate(&graph)? } else { graph };
            graph.into_optimized()?.into_runnable()
        };
        Ok(Network { part: self.part, plan: build().map_err(|e| model_fault(self.part, &e))? })
    }
}

/// Shapes that the file claims for what lies between are not believed: they may be of another input's.
fn read(mut onnx: &[u8]) -> TractResult<InferenceModel> {
    let mut reader = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
    stored::register(&mut reader.op_register);
    let file = reader.proto_model_for_read(&mut onnx).context("not an ONNX file")?;
    reader.model_for_proto_model(&file)
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

//! Wiring nodes into a model; whatever does not depend on the input is computed on the way.

use std::collections::HashMap;

use tract_core::internal::*;

use super::graph::Node;
use super::operators;
use super::tensor::{MAX_RANK, floats, integers};

/// Values of one image or one step in any tensor of a model.
pub const MAX_VOLUME: usize = 1 << 27;
/// Values of all constants together that are computed while building.
const MAX_FOLDED: usize = 1 << 26;

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum Value {
    Constant(Arc<Tensor>),
    Wire(OutletId),
}

/// A model while it is being built.
pub struct Builder<'a> {
    model: TypedModel,
    opset: i64,
    values: HashMap<&'a str, Value>,
    folded: usize,
}

/// One node while it is being built.
pub struct Call<'a, 'b> {
    builder: &'b mut Builder<'a>,
    pub node: &'a Node,
    pub opset: i64,
}

impl<'a> Builder<'a> {
    pub fn new(symbols: SymbolScope, opset: i64, values: HashMap<&'a str, Value>) -> Self {
        Self { model: TypedModel { symbols, ..TypedModel::default() }, opset, values, folded: 0 }
    }

    pub fn source(&mut self, name: &'a str, shape: &[TDim]) -> TractResult<()> {
        volume(shape)?;
        let outlet = self.model.add_source(name, f32::fact(shape))?;
        self.values.insert(name, Value::Wire(outlet));
        Ok(())
    }

    pub fn add(&mut self, node: &'a Node) -> TractResult<()> {
        let opset = self.opset;
        let values = operators::build(&mut Call { builder: self, node, opset })?;
        for (name, value) in node.outputs.iter().zip(values).filter(|(name, _)| !name.is_empty()) {
            ensure!(self.values.insert(name, value).is_none(), "{name:?} is defined twice");
        }
        Ok(())
    }

    pub fn finish(mut self, outputs: &[String]) -> TractResult<TypedModel> {
        let mut outlets = Vec::new();
        for name in outputs {
            let value = self.values.get(name.as_str()).with_context(|| format!("output {name:?} is not defined"))?;
            outlets.push(self.outlet(&value.clone(), name)?);
        }
        self.model.select_output_outlets(&outlets)?;
        Ok(self.model)
    }

    fn outlet(&mut self, value: &Value, name: &str) -> TractResult<OutletId> {
        match value {
            Value::Wire(outlet) => Ok(*outlet),
            Value::Constant(tensor) => self.model.add_const(name, Arc::clone(tensor)),
        }
    }

    fn wire(&mut self, name: &str, op: Box<dyn TypedOp>, inputs: &[Value]) -> TractResult<Vec<Value>> {
        let facts = inputs.iter().map(|input| self.fact(input)).collect::<TractResult<Vec<_>>>()?;
        for fact in &facts {
            volume(&fact.shape)?;
        }
        let outputs = op.output_facts(&facts.iter().collect::<Vec<_>>())?;
        let size = outputs.iter().try_fold(0, |sum, fact| Ok::<_, TractError>(sum + volume(&fact.shape)?))?;
        if let Some(values) = self.fold(&*op, inputs, size)? {
            return Ok(values);
        }
        let outlets = inputs.iter().map(|input| self.outlet(input, name)).collect::<TractResult<Vec<_>>>()?;
        let name = self.model.unique_name(name).into_owned();
        Ok(self.model.wire_node(name, op, &outlets)?.into_iter().map(Value::Wire).collect())
    }

    /// The values of `op` if all its inputs are known; a free dimension is only when the model runs.
    fn fold(&mut self, op: &dyn TypedOp, inputs: &[Value], size: usize) -> TractResult<Option<Vec<Value>>> {
        let constant = |input: &Value| match input {
            Value::Constant(tensor) if tensor.datum_type() != TDim::datum_type() => Some(tensor.clone()),
            _ => None,
        };
        let Some(tensors) = inputs.iter().map(constant).collect::<Option<TVec<_>>>() else { return Ok(None) };
        self.count(size)?;
        let values = op.eval_out_of_plan(tensors.into_iter().map(IntoTValue::into_tvalue).collect())?;
        let value = |value: TValue| Value::Constant(value.into_arc_tensor());
        Ok(values.map(|values| values.into_iter().map(value).collect()))
    }

    /// Counts values that are computed while building.
    fn count(&mut self, values: usize) -> TractResult<()> {
        self.folded = self.folded.saturating_add(values);
        ensure!(self.folded <= MAX_FOLDED, "constants grow to more than {MAX_FOLDED} values");
        Ok(())
    }

    fn fact(&self, value: &Value) -> TractResult<TypedFact> {
        match value {
            Value::Wire(outlet) => self.model.outlet_fact(*outlet).cloned(),
            Value::Constant(tensor) => Ok(TypedFact::dt_shape(tensor.datum_type(), tensor.shape())),
        }
    }
}

/// Number of values in `shape`, free axes counted as one.
fn volume(shape: &[TDim]) -> TractResult<usize> {
    ensure!(shape.len() <= MAX_RANK, "{} axes, at most {MAX_RANK} are supported", shape.len());
    let known = shape.iter().filter_map(TDim::as_i64);
    let volume = known.clone().fold(1, |volume: usize, dim| volume.saturating_mul(usize::try_from(dim).unwrap_or(0)));
    ensure!((1..=MAX_VOLUME).contains(&volume), "{shape:?} is no shape that can be computed");
    Ok(volume)
}

impl<'a> Call<'a, '_> {
    /// Input `index`, whatever it holds; `None` if it is left out.
    ///
    /// # Errors
    /// As for all that follow: when the input is not the output of an earlier node, or not as asked for.
    pub fn optional(&self, index: usize) -> TractResult<Option<Value>> {
        let Some(name) = self.node.inputs.get(index).filter(|name| !name.is_empty()) else { return Ok(None) };
        let value = self.builder.values.get(name.as_str());
        value.cloned().with_context(|| format!("input {name:?} is not the output of an earlier node")).map(Some)
    }

    pub fn any(&self, index: usize) -> TractResult<Value> {
        self.optional(index)?.with_context(|| format!("input {index} is missing"))
    }

    /// Counts values that are computed while building.
    ///
    /// # Errors
    /// When they are too many.
    pub fn count(&mut self, values: usize) -> TractResult<()> {
        self.builder.count(values)
    }

    /// Input `index`, of floating-point numbers.
    pub fn input(&self, index: usize) -> TractResult<Value> {
        let value = self.any(index)?;
        let kind = self.builder.fact(&value)?.datum_type;
        ensure!(kind == f32::datum_type(), "input {index} is of whole numbers");
        Ok(value)
    }

    /// The known values of input `index`.
    pub fn constant(&self, index: usize) -> TractResult<Arc<Tensor>> {
        match self.any(index)? {
            Value::Constant(tensor) => Ok(tensor),
            Value::Wire(_) => bail!("input {index} is not constant"),
        }
    }

    /// The known values of input `index`, of floating-point numbers and of `rank` axes.
    pub fn weights(&self, index: usize, rank: usize) -> TractResult<Arc<Tensor>> {
        let tensor = self.constant(index)?;
        ensure!(tensor.rank() == rank, "input {index} has {} axes, expected {rank}", tensor.rank());
        floats(&tensor).with_context(|| format!("input {index}"))?;
        Ok(tensor)
    }

    /// The value of a single number, if input `index` is there.
    pub fn scalar(&self, index: usize) -> TractResult<Option<f32>> {
        if self.optional(index)?.is_none() {
            return Ok(None);
        }
        let tensor = self.constant(index)?;
        match floats(&tensor)? {
            [value] => Ok(Some(*value)),
            values => bail!("input {index} has {} values, expected one", values.len()),
        }
    }

    /// Whole numbers: attribute `name` or, in later opsets, the constant input `index`.
    pub fn integers(&self, name: &str, index: usize) -> TractResult<Option<Vec<i64>>> {
        match self.node.attributes.integers(name)? {
            Some(values) => Ok(Some(values.to_vec())),
            None if self.optional(index)?.is_some() => {
                self.constant(index).and_then(|tensor| integers(&tensor)).map(Some)
            }
            None => Ok(None),
        }
    }

    pub fn shape(&self, value: &Value) -> TractResult<TVec<TDim>> {
        Ok(self.builder.fact(value)?.shape.to_tvec())
    }

    /// Whether `values` are all numbers or all whole numbers.
    pub fn same_kind(&self, values: &[Value]) -> TractResult<bool> {
        let kinds =
            values.iter().map(|value| Ok(self.builder.fact(value)?.datum_type)).collect::<TractResult<Vec<_>>>()?;
        Ok(kinds.windows(2).all(|pair| pair[0] == pair[1]))
    }

    /// Channels, height and width of images `[images, channels, height, width]`.
    pub fn image(&self, value: &Value) -> TractResult<[usize; 3]> {
        let shape = self.shape(value)?;
        let [_, channels, height, width] = &shape[..] else { bail!("{} axes, expected four", shape.len()) };
        let known = |dim: &TDim| dim.to_usize().context("channels, height and width must be known");
        Ok([known(channels)?, known(height)?, known(width)?])
    }

    pub fn wire(&mut self, op: impl Into<Box<dyn TypedOp>>, inputs: &[Value]) -> TractResult<Value> {
        self.wire_all(op, inputs)?.into_iter().next().context("no output")
    }

    pub fn wire_all(&mut self, op: impl Into<Box<dyn TypedOp>>, inputs: &[Value]) -> TractResult<Vec<Value>> {
        self.builder.wire(&self.node.name, op.into(), inputs)
    }
}

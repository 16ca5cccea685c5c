//! Finding the convolutions of a graph and what follows each that can be computed along with it.

use std::collections::{HashMap, HashSet};

use tract_core::internal::*;
use tract_core::ops::binary::TypedBinOp;
use tract_core::ops::cnn::{Conv, KernelFormat, PaddingSpec};
use tract_core::ops::nn::DataFormat;

use super::convolve::Convolution;
use super::dequantize::Dequantize;
use super::geometry::Geometry;
use super::weights::Weights;

/// A convolution with its tail: it takes the place of the tail's last node.
pub struct Fused {
    pub convolution: Convolution,
    pub input: OutletId,
    /// The image that is added before clamping.
    pub added: Option<OutletId>,
}

/// Which nodes of a graph become fused convolutions, and which vanish into one.
#[derive(Default)]
pub struct Plan {
    /// By the last node of the tail.
    pub fused: HashMap<usize, Fused>,
    pub absorbed: HashSet<usize>,
}

/// Plans the fusion of every convolution of `model` that the kernels can run.
pub fn plan(model: &TypedModel) -> TractResult<Plan> {
    let mut plan = Plan::default();
    let mut constants = Constants { model, known: HashMap::new() };
    for id in model.eval_order()? {
        if let Some(fused) = convolution(&mut constants, model.node(id))? {
            let mut last = id;
            let mut fused = fused;
            while let Some(next) = only_successor(model, last).filter(|next| !plan.fused.contains_key(next)) {
                if plan.absorbed.contains(&next) || !absorb(&mut constants, last, next, &mut fused)? {
                    break;
                }
                plan.absorbed.insert(last);
                last = next;
            }
            plan.fused.insert(last, fused);
            let weights = model.node(id).inputs[1].node;
            if model.node(weights).op_is::<Dequantize>() && only_successor(model, weights) == Some(id) {
                plan.absorbed.insert(weights);
            }
        }
    }
    Ok(plan)
}

/// The one node that takes the first output of node `id`, if that is no output of the graph.
pub fn only_successor(model: &TypedModel, id: usize) -> Option<usize> {
    let is_output = model.outputs.iter().any(|outlet| outlet.node == id);
    match model.node(id).outputs[0].successors.as_slice() {
        [only] if !is_output => Some(only.node),
        _ => None,
    }
}

fn convolution(constants: &mut Constants, node: &TypedNode) -> TractResult<Option<Fused>> {
    let Some((conv, geometry)) = node.op_as::<Conv>().and_then(|conv| Some((conv, geometry(conv)?))) else {
        return Ok(None);
    };
    let fixed = constants.model.outlet_fact(node.inputs[0])?.shape[2..].iter().all(|side| side.to_usize().is_ok());
    if !fixed || conv.q_params.is_some() {
        return Ok(None);
    }
    let (weights, bias) = (weights(constants, &geometry, node.inputs[1])?, constants.value(node.inputs[2])?);
    let (Some(weights), Some(bias)) = (weights, bias) else { return Ok(None) };
    let mut bias = floats(&bias)?;
    if bias.len() == 1 {
        bias = vec![bias[0]; geometry.channels_out];
    }
    let clamp = [f32::NEG_INFINITY, f32::INFINITY];
    let convolution = Convolution { geometry, weights, bias, clamp, takes: None, gives: None };
    Ok(Some(Fused { convolution, input: node.inputs[0], added: None }))
}

/// Integers are taken as they are stored.
fn weights(constants: &mut Constants, geometry: &Geometry, outlet: OutletId) -> TractResult<Option<Weights>> {
    let node = constants.model.node(outlet.node);
    if let Some(dequantize) = node.op_as::<Dequantize>() {
        let inputs = [constants.value(node.inputs[0])?, constants.value(node.inputs[1])?];
        let [Some(stored), Some(scales)] = inputs else { return Ok(None) };
        if let Some((filters, scales)) = dequantize.filters([&stored, &scales])? {
            return Ok(Some(Weights::stored(geometry, filters, scales)));
        }
    }
    let Some(weights) = constants.value(outlet)? else { return Ok(None) };
    let weights = weights.cast_to::<f32>()?;
    Ok(Some(Weights::pack(geometry, weights.try_as_plain_ram()?.as_slice()?)))
}

fn geometry(conv: &Conv) -> Option<Geometry> {
    let pool = &conv.pool_spec;
    let pair = |values: &[usize]| <[usize; 2]>::try_from(values).ok();
    let (pad_before, pad_after) = match &pool.padding {
        PaddingSpec::Explicit(before, after) => (pair(before)?, pair(after)?),
        PaddingSpec::Valid => ([0; 2], [0; 2]),
        _ => return None,
    };
    let geometry = Geometry {
        kernel: pair(&pool.kernel_shape)?,
        strides: pair(&pool.strides())?,
        dilations: pair(&pool.dilations())?,
        pad_before,
        pad_after,
        groups: conv.group,
        channels_in: pool.input_channels,
        channels_out: pool.output_channels,
    };
    let known = pool.data_format == DataFormat::NCHW && conv.kernel_fmt == KernelFormat::OIHW;
    (known && (!geometry.depthwise() || geometry.channels_out.is_multiple_of(8))).then_some(geometry)
}

/// Takes `next` into `fused`, whose last node so far is `last`, if it is an addition or a clamp.
fn absorb(constants: &mut Constants, last: usize, next: usize, fused: &mut Fused) -> TractResult<bool> {
    let model = constants.model;
    let node = model.node(next);
    let Some(op) = node.op_as::<TypedBinOp>() else { return Ok(false) };
    let Some(&other) = node.inputs.iter().find(|input| input.node != last) else { return Ok(false) };
    let scalar =
        constants.value(other)?.filter(|tensor| tensor.len() == 1).map(|tensor| floats(&tensor)).transpose()?;
    let [low, high] = &mut fused.convolution.clamp;
    let unclamped = low.is_infinite() && high.is_infinite();
    match (op.0.name(), scalar.as_deref()) {
        ("Max", Some(&[value])) if value <= *high => *low = low.max(value),
        ("Min", Some(&[value])) if value >= *low => *high = high.min(value),
        ("Add", None) if unclamped && fused.added.is_none() && same_shape(model, other, node)? => {
            fused.added = Some(other)
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn same_shape(model: &TypedModel, input: OutletId, node: &TypedNode) -> TractResult<bool> {
    Ok(model.outlet_fact(input)?.shape == node.outputs[0].fact.shape)
}

/// The values of a graph that do not depend on its input, each computed once.
struct Constants<'a> {
    model: &'a TypedModel,
    known: HashMap<OutletId, Option<Arc<Tensor>>>,
}

impl Constants<'_> {
    fn value(&mut self, outlet: OutletId) -> TractResult<Option<Arc<Tensor>>> {
        if let Some(known) = self.known.get(&outlet) {
            return Ok(known.clone());
        }
        let value = match &self.model.outlet_fact(outlet)?.konst {
            Some(value) => Some(Arc::clone(value)),
            None => self.compute(outlet)?,
        };
        self.known.insert(outlet, value.clone());
        Ok(value)
    }

    fn compute(&mut self, outlet: OutletId) -> TractResult<Option<Arc<Tensor>>> {
        let node = self.model.node(outlet.node);
        if node.inputs.is_empty() {
            return Ok(None);
        }
        let inputs: Option<TVec<TValue>> = node
            .inputs
            .iter()
            .map(|input| Ok(self.value(*input)?.map(|tensor| tensor.into_tvalue())))
            .collect::<TractResult<_>>()?;
        let Some(inputs) = inputs else { return Ok(None) };
        let values = node.op.eval_out_of_plan(inputs)?;
        Ok(values.map(|values| values[outlet.slot].clone().into_arc_tensor()))
    }
}

fn floats(tensor: &Tensor) -> TractResult<Vec<f32>> {
    Ok(tensor.cast_to::<f32>()?.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
}

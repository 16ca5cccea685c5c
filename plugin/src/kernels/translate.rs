//! Rewriting a graph so that its images have their channels last.

use std::collections::HashMap;

use tract_core::internal::*;
use tract_core::ops::binary::TypedBinOp;
use tract_core::ops::cnn::MaxPool;
use tract_core::ops::element_wise::ElementWiseOp;
use tract_core::ops::nn::{DataFormat, Reduce};

use super::chain::chain;
use super::fusion::{Fused, Plan, plan};
use super::op::NhwcConv;

/// From `[images, channels, height, width]` to channels last.
const TO_LAST: AxisOp = AxisOp::Move(1, 3);
const TO_FIRST: AxisOp = AxisOp::Move(3, 1);

/// The same function as `source`, its convolutions run by this module wherever their shape is fixed;
/// operators that know nothing of channels last get their images as they expect them.
///
/// # Errors
/// Those of tract, when the graph contradicts itself.
pub fn translate(source: &TypedModel) -> TractResult<TypedModel> {
    let mut plan = plan(source)?;
    chain(source, &mut plan);
    let target = TypedModel { symbols: source.symbols.clone(), ..TypedModel::default() };
    let mut translator = Translator { source, target, first: HashMap::new(), last: HashMap::new() };
    for id in source.eval_order()? {
        translator.translate(&plan, id).with_context(|| format!("translating {}", source.node(id)))?;
    }
    translator.finish()
}

struct Translator<'a> {
    source: &'a TypedModel,
    target: TypedModel,
    /// Where each outlet of the source is, as it was there.
    first: HashMap<OutletId, OutletId>,
    /// Where it is with its channels last.
    last: HashMap<OutletId, OutletId>,
}

impl Translator<'_> {
    fn translate(&mut self, plan: &Plan, id: usize) -> TractResult<()> {
        let node = self.source.node(id);
        if plan.absorbed.contains(&id) {
            Ok(())
        } else if let Some(fused) = plan.fused.get(&id) {
            self.convolve(node, fused)
        } else if self.source.inputs.iter().any(|input| input.node == id) {
            let outlet = self.target.add_source(&node.name, node.outputs[0].fact.clone())?;
            self.first.insert(id.into(), outlet);
            Ok(())
        } else if let Some(op) = self.with_channels_last(node) {
            self.wire_last(node, op)
        } else {
            self.wire_first(node)
        }
    }

    fn convolve(&mut self, node: &TypedNode, fused: &Fused) -> TractResult<()> {
        let mut inputs = tvec!(self.last(fused.input)?);
        if let Some(added) = fused.added {
            inputs.push(self.last(added)?);
        }
        let op = NhwcConv(Arc::new(fused.convolution.clone()));
        let outlet = self.target.wire_node(&node.name, op, &inputs)?[0];
        self.last.insert(node.id.into(), outlet);
        Ok(())
    }

    /// What `node` becomes if one of its images has its channels last already and it can take them so.
    fn with_channels_last(&self, node: &TypedNode) -> Option<Box<dyn TypedOp>> {
        let ready = node.inputs.iter().any(|input| self.last.contains_key(input) && !self.first.contains_key(input));
        let four_axes = node.inputs.iter().all(|i| self.source.outlet_fact(*i).is_ok_and(|fact| fact.rank() == 4));
        if !ready || !four_axes || node.outputs.len() != 1 {
            None
        } else if node.op_is::<ElementWiseOp>() || node.op_is::<TypedBinOp>() {
            Some(node.op.clone())
        } else if let Some(pool) = node.op_as::<MaxPool>().filter(|pool| pool.with_index_outputs.is_none()) {
            let mut pool = pool.clone();
            pool.pool_spec.data_format = DataFormat::NHWC;
            Some(Box::new(pool))
        } else {
            let mut reduce = node.op_as::<Reduce>()?.clone();
            reduce.axes.iter_mut().for_each(|axis| *axis = [0, 3, 1, 2][*axis]);
            reduce.axes.sort_unstable();
            Some(Box::new(reduce))
        }
    }

    fn wire_last(&mut self, node: &TypedNode, op: Box<dyn TypedOp>) -> TractResult<()> {
        let inputs = node.inputs.iter().map(|input| self.last(*input)).collect::<TractResult<TVec<_>>>()?;
        let outlet = self.target.wire_node(&node.name, op, &inputs)?[0];
        self.last.insert(node.id.into(), outlet);
        Ok(())
    }

    fn wire_first(&mut self, node: &TypedNode) -> TractResult<()> {
        let inputs = node.inputs.iter().map(|input| self.first(*input)).collect::<TractResult<TVec<_>>>()?;
        let outlets = self.target.wire_node(&node.name, node.op.clone(), &inputs)?;
        for (slot, outlet) in outlets.into_iter().enumerate() {
            self.first.insert(OutletId::new(node.id, slot), outlet);
        }
        Ok(())
    }

    fn last(&mut self, outlet: OutletId) -> TractResult<OutletId> {
        if let Some(found) = self.last.get(&outlet) {
            return Ok(*found);
        }
        let moved = self.target.wire_node(self.name(outlet, "last"), TO_LAST, &[self.first[&outlet]])?[0];
        self.last.insert(outlet, moved);
        Ok(moved)
    }

    fn first(&mut self, outlet: OutletId) -> TractResult<OutletId> {
        if let Some(found) = self.first.get(&outlet) {
            return Ok(*found);
        }
        let moved = self.target.wire_node(self.name(outlet, "first"), TO_FIRST, &[self.last[&outlet]])?[0];
        self.first.insert(outlet, moved);
        Ok(moved)
    }

    fn name(&self, outlet: OutletId, channels: &str) -> String {
        format!("{}.{}.channels-{channels}", self.source.node(outlet.node).name, outlet.slot)
    }

    fn finish(mut self) -> TractResult<TypedModel> {
        let outputs = self.source.outputs.iter().map(|outlet| self.first(*outlet)).collect::<TractResult<Vec<_>>>()?;
        self.target.inputs = self.source.inputs.iter().map(|input| self.first[input]).collect();
        self.target.outputs = outputs;
        Ok(self.target)
    }
}

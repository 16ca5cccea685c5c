//! Operators that move values, but do not change them.

use tract_core::internal::*;
use tract_core::ops::array::{Gather, Pad, PadMode, Slice, TypedConcat};

use super::{axes, axis};
use crate::onnx::builder::{Call, MAX_VOLUME, Value};
use crate::onnx::pb::DataType;
use crate::onnx::tensor::{MAX_RANK, integers};

pub fn constant(call: &mut Call) -> TractResult<Value> {
    let attributes = &call.node.attributes;
    let tensor = if let Some(tensor) = attributes.tensor("value")? {
        tensor.clone()
    } else if let Some(value) = attributes.float("value_float")? {
        tensor0(value).into_arc_tensor()
    } else if let Some(values) = attributes.floats("value_floats")? {
        tensor1(values).into_arc_tensor()
    } else if let Some(value) = attributes.integer("value_int")? {
        tensor0(value).into_arc_tensor()
    } else {
        tensor1(attributes.integers("value_ints")?.context("a constant without a value")?).into_arc_tensor()
    };
    Ok(Value::Constant(tensor))
}

/// Between widths of floating-point numbers there is nothing to do: all are f32 here.
pub fn cast(call: &mut Call) -> TractResult<Value> {
    let to = call.node.attributes.integer("to")?.context("attribute to is missing")?;
    let (kind, name) = match i32::try_from(to).ok().and_then(|to| DataType::try_from(to).ok()) {
        Some(DataType::Float | DataType::Float16 | DataType::Double) => (f32::datum_type(), "numbers"),
        Some(DataType::Int64 | DataType::Int32) => (i64::datum_type(), "whole numbers"),
        _ => bail!("a cast to type {to} is not supported"),
    };
    match call.any(0)? {
        Value::Constant(tensor) if tensor.datum_type() == kind => Ok(Value::Constant(tensor)),
        Value::Constant(tensor) => {
            call.count(tensor.len())?;
            Ok(Value::Constant(tensor.cast_to_dt(kind)?.into_owned().into_arc_tensor()))
        }
        wire if kind == f32::datum_type() => Ok(wire),
        Value::Wire(_) => bail!("a cast to {name} is supported for constants only"),
    }
}

pub fn reshape(call: &mut Call) -> TractResult<Value> {
    ensure!(!call.node.attributes.flag("allowzero", false)?, "allowzero is not supported");
    let value = call.any(0)?;
    let target = call.constant(1).and_then(|tensor| integers(&tensor))?;
    let volume = target.iter().fold(1i64, |volume, dim| volume.saturating_mul((*dim).max(1)));
    ensure!(target.len() <= MAX_RANK && volume <= MAX_VOLUME as i64, "the target {target:?} is too large");
    let target: TVec<TDim> = target.iter().map(ToDim::to_dim).collect();
    to_shape(call, value, &target)
}

/// To two axes: those before and those from attribute `axis` on.
pub fn flatten(call: &mut Call) -> TractResult<Value> {
    let value = call.any(0)?;
    let shape = call.shape(&value)?;
    let given = call.node.attributes.integer("axis")?.unwrap_or(1);
    let axis = if given == shape.len() as i64 { shape.len() } else { axis(given, shape.len())? };
    let (front, back) = shape.split_at(axis);
    to_shape(call, value, &[front.iter().product(), back.iter().product()])
}

fn to_shape(call: &mut Call, mut value: Value, target: &[TDim]) -> TractResult<Value> {
    let shape = call.shape(&value)?;
    for op in to_axis_ops_with_onnx_rules(&shape, target, false)? {
        value = call.wire(op, &[value])?;
    }
    Ok(value)
}

pub fn transpose(call: &mut Call) -> TractResult<Value> {
    let mut value = call.any(0)?;
    let rank = call.shape(&value)?.len();
    let order: TVec<usize> = match call.node.attributes.integers("perm")? {
        Some(given) => given.iter().map(|given| axis(*given, rank)).collect::<TractResult<_>>()?,
        None => (0..rank).rev().collect(),
    };
    ensure!((0..rank).all(|axis| order.contains(&axis)) && order.len() == rank, "{order:?} is no order of {rank} axes");
    for op in perm_to_ops(&order) {
        value = call.wire(op, &[value])?;
    }
    Ok(value)
}

/// Axes are an attribute up to opset 12, then an input; none stand for all of length one.
pub fn squeeze(call: &mut Call) -> TractResult<Value> {
    let mut value = call.any(0)?;
    let shape = call.shape(&value)?;
    let axes = match call.integers("axes", 1)? {
        Some(given) => axes(&given, shape.len())?,
        None => (0..shape.len()).filter(|axis| shape[*axis].is_one()).collect(),
    };
    for axis in axes.into_iter().rev() {
        ensure!(shape[axis].is_one(), "axis {axis} of {shape:?} is not of length one");
        value = call.wire(AxisOp::Rm(axis), &[value])?;
    }
    Ok(value)
}

pub fn unsqueeze(call: &mut Call) -> TractResult<Value> {
    let mut value = call.any(0)?;
    let given = call.integers("axes", 1)?.context("axes are missing")?;
    for axis in axes(&given, call.shape(&value)?.len() + given.len())? {
        value = call.wire(AxisOp::Add(axis), &[value])?;
    }
    Ok(value)
}

pub fn concat(call: &mut Call) -> TractResult<Value> {
    let values = (0..call.node.inputs.len()).map(|index| call.any(index)).collect::<TractResult<Vec<_>>>()?;
    let shapes = values.iter().map(|value| call.shape(value)).collect::<TractResult<Vec<_>>>()?;
    let rank = shapes.first().context("no inputs")?.len();
    let axis = axis(call.node.attributes.integer("axis")?.context("attribute axis is missing")?, rank)?;
    let same = shapes.iter().all(|shape| shape.len() == rank) && call.same_kind(&values)?;
    ensure!(same, "inputs of different kinds or ranks");
    call.wire(TypedConcat::new(axis), &values)
}

/// Constant indices: one, or several on an axis of known length.
pub fn gather(call: &mut Call) -> TractResult<Value> {
    let (value, indices) = (call.any(0)?, call.constant(1)?);
    let shape = call.shape(&value)?;
    let axis = axis(call.node.attributes.integer("axis")?.unwrap_or(0), shape.len())?;
    let found =
        integers(&indices)?.into_iter().map(|index| place(index, &shape[axis])).collect::<TractResult<Vec<_>>>()?;
    let (1, [at]) = (indices.len(), &found[..]) else {
        ensure!(shape[axis].to_i64().is_ok(), "several indices on an axis of unknown length");
        return call.wire(Gather::new(axis), &[value, Value::Constant(indices)]);
    };
    let value = call.wire(Slice::new(axis, at.clone(), at.clone() + 1), &[value])?;
    match indices.rank() {
        0 => call.wire(AxisOp::Rm(axis), &[value]),
        rank => (1..rank).try_fold(value, |value, _| call.wire(AxisOp::Add(axis), &[value])),
    }
}

/// Where `index` is on an axis of `length`; whether that is inside a free axis shows when it runs.
fn place(index: i64, length: &TDim) -> TractResult<TDim> {
    match length.to_usize() {
        Ok(length) => axis(index, length).map(|at| at.to_dim()).with_context(|| format!("index {index}")),
        Err(_) => {
            ensure!(index.unsigned_abs() < MAX_VOLUME as u64, "index {index} of an axis of unknown length");
            Ok(if index < 0 { length.clone() + index } else { index.to_dim() })
        }
    }
}

/// Bounds are attributes up to opset 9, then constant inputs; steps other than one are not supported.
pub fn slice(call: &mut Call) -> TractResult<Value> {
    let mut value = call.any(0)?;
    let shape = call.shape(&value)?;
    let starts = call.integers("starts", 1)?.context("starts are missing")?;
    let ends = call.integers("ends", 2)?.context("ends are missing")?;
    let named = call.integers("axes", 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = call.integers("steps", 4)?.unwrap_or_default();
    ensure!(steps.iter().all(|step| *step == 1), "steps {steps:?} are not supported");
    ensure!(starts.len() == ends.len() && starts.len() == named.len(), "starts, ends and axes differ in number");
    axes(&named, shape.len())?;
    for ((start, end), named) in starts.into_iter().zip(ends).zip(named) {
        let axis = axis(named, shape.len())?;
        let (start, end) = bounds(&shape[axis], start, end)?;
        value = call.wire(Slice::new(axis, start, end), &[value])?;
    }
    Ok(value)
}

/// Where a slice of an axis begins and ends; of a free axis it is all or the last.
fn bounds(length: &TDim, start: i64, end: i64) -> TractResult<(TDim, TDim)> {
    let Ok(known) = length.to_i64() else {
        ensure!(matches!(start, -1 | 0) && end >= i32::MAX.into(), "{start}..{end} of an axis of unknown length");
        return Ok((if start == 0 { 0.to_dim() } else { length.clone() - 1 }, length.clone()));
    };
    let clamped = |at: i64| if at < 0 { at.saturating_add(known) } else { at }.clamp(0, known);
    ensure!(clamped(start) < clamped(end), "{start}..{end} of an axis of length {known} is empty");
    Ok((clamped(start).to_dim(), clamped(end).to_dim()))
}

/// A constant around the values; its width is an attribute up to opset 10, then an input.
pub fn pad(call: &mut Call) -> TractResult<Value> {
    let value = call.input(0)?;
    let rank = call.shape(&value)?.len();
    let mode = call.node.attributes.text("mode")?.unwrap_or("constant");
    ensure!(mode == "constant" && call.optional(3)?.is_none(), "mode {mode:?} or axes are not supported");
    let pads = call.integers("pads", 1)?.context("pads are missing")?;
    let pads: Vec<usize> = pads.iter().map(|width| usize::try_from(*width)).collect::<Result<_, _>>()?;
    ensure!(pads.len() == 2 * rank && pads.iter().all(|width| *width < MAX_VOLUME), "{pads:?} for {rank} axes");
    let fill = call.scalar(2)?.or(call.node.attributes.float("value")?).unwrap_or(0.0);
    let pads = pads[..rank].iter().copied().zip(pads[rank..].iter().copied()).collect();
    call.wire(Pad::new(pads, PadMode::Constant(tensor0(fill).into_arc_tensor())), &[value])
}

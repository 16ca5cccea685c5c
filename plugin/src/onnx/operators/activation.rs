//! Operators over one tensor, value by value; and softmax.

use tract_core::internal::*;
use tract_core::ops::element_wise::ElementWiseOp;
use tract_core::ops::math::{add, max, min, mul};
use tract_core::ops::nn;

use super::arithmetic::{broadcast, with_number};
use super::axis;
use crate::onnx::builder::{Call, Value};

pub fn element_wise(call: &mut Call, op: ElementWiseOp) -> TractResult<Value> {
    let input = call.input(0)?;
    call.wire(op, &[input])
}

pub fn relu(call: &mut Call) -> TractResult<Value> {
    let input = call.input(0)?;
    with_number(call, max(), input, 0.0)
}

/// Bounds are attributes up to opset 10, then inputs.
pub fn clip(call: &mut Call) -> TractResult<Value> {
    let mut value = call.input(0)?;
    let attributes = &call.node.attributes;
    let (low, high) = match call.opset {
        ..11 => (attributes.float("min")?, attributes.float("max")?),
        _ => (call.scalar(1)?, call.scalar(2)?),
    };
    if let Some(low) = low {
        value = with_number(call, max(), value, low)?;
    }
    match high {
        Some(high) => with_number(call, min(), value, high),
        None => Ok(value),
    }
}

pub fn leaky_relu(call: &mut Call) -> TractResult<Value> {
    let alpha = call.node.attributes.float("alpha")?.unwrap_or(0.01);
    element_wise(call, nn::leaky_relu(alpha))
}

/// Positive values as they are, negative ones times the slope of input 1.
pub fn prelu(call: &mut Call) -> TractResult<Value> {
    let (input, slope) = (call.input(0)?, call.input(1)?);
    let shape = call.shape(&input)?;
    let positive = with_number(call, max(), input.clone(), 0.0)?;
    let negative = with_number(call, min(), input, 0.0)?;
    let negative = broadcast(call, mul(), negative, slope)?;
    ensure!(call.shape(&negative)? == shape, "the slope does not fit the shape {shape:?}");
    call.wire(add(), &[positive, negative])
}

pub fn hard_sigmoid(call: &mut Call) -> TractResult<Value> {
    let attributes = &call.node.attributes;
    let (alpha, beta) = (attributes.float("alpha")?.unwrap_or(0.2), attributes.float("beta")?.unwrap_or(0.5));
    let input = call.input(0)?;
    ramp(call, input, alpha, beta)
}

pub fn hard_swish(call: &mut Call) -> TractResult<Value> {
    let input = call.input(0)?;
    let ramp = ramp(call, input.clone(), 1.0 / 6.0, 0.5)?;
    call.wire(mul(), &[input, ramp])
}

/// `factor · value + offset`, no less than 0 and no more than 1.
fn ramp(call: &mut Call, value: Value, factor: f32, offset: f32) -> TractResult<Value> {
    let value = with_number(call, mul(), value, factor)?;
    let value = with_number(call, add(), value, offset)?;
    let value = with_number(call, max(), value, 0.0)?;
    with_number(call, min(), value, 1.0)
}

/// Over one axis; up to opset 12 over that axis and all that follow.
pub fn softmax(call: &mut Call) -> TractResult<Value> {
    let input = call.input(0)?;
    let rank = call.shape(&input)?.len();
    let given = call.node.attributes.integer("axis")?;
    let axes = match call.opset {
        ..13 => (axis(given.unwrap_or(1), rank)?..rank).collect(),
        _ => tvec![axis(given.unwrap_or(-1), rank)?],
    };
    call.wire(nn::Softmax { axes, ..nn::Softmax::default() }, &[input])
}

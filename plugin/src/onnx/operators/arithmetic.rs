//! Operators over two tensors, value by value.

use tract_core::internal::*;
use tract_core::ops::binary::TypedBinOp;
use tract_core::ops::math::{add, mul};

use crate::onnx::builder::{Call, Value};
use crate::onnx::tensor::floats;

/// `op` over inputs 0 and 1, broadcast to each other's shape.
pub fn binary(call: &mut Call, op: TypedBinOp) -> TractResult<Value> {
    let (a, b) = (call.input(0)?, call.input(1)?);
    broadcast(call, op, a, b)
}

/// `op` over `a` and `b`, where the shape of lower rank is filled up with ones in front.
pub fn broadcast(call: &mut Call, op: TypedBinOp, a: Value, b: Value) -> TractResult<Value> {
    let rank = call.shape(&a)?.len().max(call.shape(&b)?.len());
    let (a, b) = (with_rank(call, a, rank)?, with_rank(call, b, rank)?);
    call.wire(op, &[a, b])
}

/// `op` over `a` and a number.
pub fn with_number(call: &mut Call, op: TypedBinOp, a: Value, number: f32) -> TractResult<Value> {
    broadcast(call, op, a, Value::Constant(tensor0(number).into_arc_tensor()))
}

fn with_rank(call: &mut Call, mut value: Value, rank: usize) -> TractResult<Value> {
    for _ in call.shape(&value)?.len()..rank {
        value = call.wire(AxisOp::Add(0), &[value])?;
    }
    Ok(value)
}

/// As in inference: one factor and one offset per channel.
pub fn batch_normalization(call: &mut Call) -> TractResult<Value> {
    let attributes = &call.node.attributes;
    ensure!(!attributes.flag("training_mode", false)?, "training is not supported");
    ensure!(attributes.flag("spatial", true)?, "statistics per pixel are not supported");
    let epsilon = attributes.float("epsilon")?.unwrap_or(1e-5);
    let (input, [scale, bias, mean, variance]) = (call.input(0)?, [1, 2, 3, 4].map(|index| call.weights(index, 1)));
    let (scale, bias, mean, variance) = (scale?, bias?, mean?, variance?);
    let (scale, bias, mean, variance) = (floats(&scale)?, floats(&bias)?, floats(&mean)?, floats(&variance)?);
    ensure!([bias, mean, variance].iter().all(|values| values.len() == scale.len()), "statistics differ in length");
    let factor: Vec<f32> =
        scale.iter().zip(variance).map(|(scale, variance)| scale / (variance + epsilon).sqrt()).collect();
    let offset: Vec<f32> = (0..factor.len()).map(|channel| bias[channel] - mean[channel] * factor[channel]).collect();
    let shape = call.shape(&input)?;
    ensure!(shape.get(1) == Some(&scale.len().to_dim()), "{} channels, input has the shape {shape:?}", scale.len());
    let (factor, offset) = (per_channel(&factor, shape.len())?, per_channel(&offset, shape.len())?);
    let scaled = call.wire(mul(), &[input, factor])?;
    call.wire(add(), &[scaled, offset])
}

/// `[1, channels, 1, …]`
pub fn per_channel(values: &[f32], rank: usize) -> TractResult<Value> {
    let mut shape = vec![1; rank];
    shape[1] = values.len();
    Ok(Value::Constant(Tensor::from_shape(&shape, values)?.into_arc_tensor()))
}

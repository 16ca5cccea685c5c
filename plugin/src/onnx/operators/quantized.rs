//! Weights stored in eight bits.

use tract_core::internal::*;

use super::axis;
use crate::onnx::builder::{Call, Value};
use crate::onnx::tensor::{bytes, floats};

/// DequantizeLinear of constants: (stored − zero point) × scale, one of each for the whole tensor or along an axis.
pub fn dequantize(call: &mut Call) -> TractResult<Value> {
    let (stored, scales) = (call.constant(0)?, call.constant(1)?);
    call.count(stored.len())?;
    ensure!(scales.rank() <= 1, "scales of {} axes, expected one", scales.rank());
    let values = bytes(stored.as_ref()).context("input 0")?;
    let scales = floats(&scales).context("input 1")?;
    let zeros = match call.optional(2)? {
        Some(_) => bytes(call.constant(2)?.as_ref()).context("input 2")?,
        None => vec![0.0; scales.len()],
    };
    ensure!(zeros.len() == scales.len(), "{} zero points for {} scales", zeros.len(), scales.len());
    let inner = if scales.len() == 1 { values.len().max(1) } else { inner(call, stored.shape(), scales.len())? };
    let value = |(i, value): (usize, f32)| {
        let channel = i / inner % scales.len();
        (value - zeros[channel]) * scales[channel]
    };
    let values: Vec<f32> = values.into_iter().enumerate().map(value).collect();
    Ok(Value::Constant(Tensor::from_shape(stored.shape(), &values)?.into_arc_tensor()))
}

/// Values from one step along the axis of the scales to the next.
fn inner(call: &Call, shape: &[usize], scales: usize) -> TractResult<usize> {
    let axis = axis(call.node.attributes.integer("axis")?.unwrap_or(1), shape.len())?;
    ensure!(shape[axis] == scales, "{scales} scales along an axis of length {}", shape[axis]);
    Ok(shape[axis + 1..].iter().product())
}

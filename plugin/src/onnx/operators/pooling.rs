//! Maxima and means over windows, images or axes.

use tract_core::internal::*;
use tract_core::ops::cast::cast;
use tract_core::ops::cnn::{MaxPool, PoolSpec, SumPool};
use tract_core::ops::math::div;
use tract_core::ops::nn::{Reduce, Reducer};

use super::arithmetic::with_number;
use super::axes;
use super::convolution::Window;
use crate::onnx::builder::{Call, Value};

pub fn max(call: &mut Call) -> TractResult<Value> {
    let (input, spec) = pool(call)?;
    call.wire(MaxPool::new(spec, None), &[input])
}

pub fn average(call: &mut Call) -> TractResult<Value> {
    let count_include_pad = call.node.attributes.flag("count_include_pad", false)?;
    let ceiled = call.node.attributes.flag("ceil_mode", false)?;
    ensure!(!(count_include_pad && ceiled), "ceil_mode with count_include_pad is not supported");
    let (input, spec) = pool(call)?;
    call.wire(SumPool { pool_spec: spec, count_include_pad, normalize: true }, &[input])
}

fn pool(call: &Call) -> TractResult<(Value, PoolSpec)> {
    let (input, attributes) = (call.input(0)?, &call.node.attributes);
    let image @ [channels, height, width] = call.image(&input)?;
    let window = Window::read(attributes, None, [height, width])?;
    window.check(image)?;
    let inside = |axis: &usize| window.before[*axis].max(window.after[*axis]) < window.reach(*axis);
    ensure!([0, 1].iter().all(inside), "the padding is as wide as the window");
    let ceiled = attributes.flag("ceil_mode", false)?;
    Ok((input, window.spec(Some(ceiled), [channels, channels])))
}

/// Over all axes but those of images and channels.
pub fn global_average(call: &mut Call) -> TractResult<Value> {
    let input = call.input(0)?;
    let rank = call.shape(&input)?.len();
    mean(call, input, (2..rank).collect())
}

/// Axes are an attribute up to opset 17, then an input; none stand for all.
pub fn reduce_mean(call: &mut Call) -> TractResult<Value> {
    let input = call.input(0)?;
    let rank = call.shape(&input)?.len();
    let given = call.integers("axes", 1)?.unwrap_or_default();
    if given.is_empty() && call.node.attributes.flag("noop_with_empty_axes", false)? {
        return Ok(input);
    }
    let axes = if given.is_empty() { (0..rank).collect() } else { axes(&given, rank)? };
    let mut value = mean(call, input, axes.clone())?;
    if !call.node.attributes.flag("keepdims", true)? {
        for axis in axes.into_iter().rev() {
            value = call.wire(AxisOp::Rm(axis), &[value])?;
        }
    }
    Ok(value)
}

fn mean(call: &mut Call, input: Value, axes: TVec<usize>) -> TractResult<Value> {
    let shape = call.shape(&input)?;
    let count: TDim = axes.iter().map(|axis| &shape[*axis]).product();
    let sum = call.wire(Reduce::new(axes, Reducer::Sum), &[input])?;
    if let Ok(count) = count.to_usize() {
        return with_number(call, div(), sum, count as f32);
    }
    let count = Value::Constant(tensor0(count).broadcast_into_rank(shape.len())?.into_arc_tensor());
    let count = call.wire(cast(f32::datum_type()), &[count])?;
    call.wire(div(), &[sum, count])
}

//! The supported operators, by name.

mod activation;
mod arithmetic;
mod convolution;
mod linear;
mod pooling;
mod quantized;
mod shape;

use tract_core::internal::*;
use tract_core::ops::math::{add, div, mul, sub, tanh};
use tract_core::ops::nn::sigmoid;

use super::builder::{Call, Value};
use super::lstm;

/// Builds the node of `call`; gives the values of its outputs, fewer than it has where the rest only
/// matters in training.
///
/// # Errors
/// When the operator is not supported, or this use of it is not.
pub fn build(call: &mut Call) -> TractResult<Vec<Value>> {
    let value = match call.node.operator.as_str() {
        "Add" => arithmetic::binary(call, add()),
        "AveragePool" => pooling::average(call),
        "BatchNormalization" => arithmetic::batch_normalization(call),
        "Cast" => shape::cast(call),
        "Clip" => activation::clip(call),
        "Concat" => shape::concat(call),
        "Constant" => shape::constant(call),
        "Conv" => convolution::conv(call),
        "ConvTranspose" => convolution::transpose(call),
        "DequantizeLinear" => quantized::dequantize(call),
        "Div" => arithmetic::binary(call, div()),
        "Dropout" | "Identity" => call.any(0),
        "Flatten" => shape::flatten(call),
        "Gather" => shape::gather(call),
        "Gemm" => linear::gemm(call),
        "GlobalAveragePool" => pooling::global_average(call),
        "HardSigmoid" => activation::hard_sigmoid(call),
        "HardSwish" => activation::hard_swish(call),
        "LSTM" => return lstm::build(call),
        "LeakyRelu" => activation::leaky_relu(call),
        "MatMul" => linear::matmul(call),
        "MaxPool" => pooling::max(call),
        "Mul" => arithmetic::binary(call, mul()),
        "PRelu" => activation::prelu(call),
        "Pad" => shape::pad(call),
        "ReduceMean" => pooling::reduce_mean(call),
        "Relu" => activation::relu(call),
        "Reshape" => shape::reshape(call),
        "Sigmoid" => activation::element_wise(call, sigmoid()),
        "Slice" => shape::slice(call),
        "Softmax" => activation::softmax(call),
        "Squeeze" => shape::squeeze(call),
        "Sub" => arithmetic::binary(call, sub()),
        "Tanh" => activation::element_wise(call, tanh()),
        "Transpose" => shape::transpose(call),
        "Unsqueeze" => shape::unsqueeze(call),
        other => bail!("operator {other} is not supported"),
    };
    Ok(vec![value?])
}

/// `axis` of a tensor with `rank` axes, counted from the end where it is negative.
fn axis(axis: i64, rank: usize) -> TractResult<usize> {
    let found = if axis < 0 { axis.saturating_add_unsigned(rank as u64) } else { axis };
    let found = usize::try_from(found).ok().filter(|found| *found < rank);
    found.with_context(|| format!("there is no axis {axis} among {rank}"))
}

/// All of `given`, in ascending order.
fn axes(given: &[i64], rank: usize) -> TractResult<TVec<usize>> {
    let mut found = given.iter().map(|given| axis(*given, rank)).collect::<TractResult<TVec<_>>>()?;
    found.sort_unstable();
    ensure!(found.windows(2).all(|pair| pair[0] < pair[1]), "an axis is named twice in {given:?}");
    Ok(found)
}

//! Matrix products.

use tract_core::internal::*;
use tract_core::ops::einsum::EinSum;
use tract_core::ops::math::{add, mul};

use super::arithmetic::{broadcast, with_number};
use crate::onnx::builder::{Call, Value};

/// `alpha · A · B + beta · C`, where A and B may be transposed and C may be left out.
pub fn gemm(call: &mut Call) -> TractResult<Value> {
    let attributes = &call.node.attributes;
    let (flip_a, flip_b) = (attributes.flag("transA", false)?, attributes.flag("transB", false)?);
    let (alpha, beta) = (attributes.float("alpha")?.unwrap_or(1.0), attributes.float("beta")?.unwrap_or(1.0));
    let (a, b) = (call.input(0)?, call.input(1)?);
    let (shape_a, shape_b) = (call.shape(&a)?, call.shape(&b)?);
    ensure!(shape_a.len() == 2 && shape_b.len() == 2, "matrices of shapes {shape_a:?} and {shape_b:?}");
    ensure!(shape_a[usize::from(!flip_a)] == shape_b[usize::from(flip_b)], "{shape_a:?} and {shape_b:?} do not fit");
    let terms = format!("{},{}->mn", if flip_a { "km" } else { "mk" }, if flip_b { "nk" } else { "kn" });
    let mut product = call.wire(EinSum::new(terms.parse()?, f32::datum_type()), &[a, b])?;
    if alpha != 1.0 {
        product = with_number(call, mul(), product, alpha)?;
    }
    if call.optional(2)?.is_none() || beta == 0.0 {
        return Ok(product);
    }
    let mut offset = call.input(2)?;
    if beta != 1.0 {
        offset = with_number(call, mul(), offset, beta)?;
    }
    let shape = call.shape(&product)?;
    let sum = broadcast(call, add(), product, offset)?;
    ensure!(call.shape(&sum)? == shape, "input 2 does not fit {shape:?}");
    Ok(sum)
}

/// `[…, m, k]` times `[k, n]`, or times `[…, k, n]` with the same axes in front.
pub fn matmul(call: &mut Call) -> TractResult<Value> {
    let (a, b) = (call.input(0)?, call.input(1)?);
    let (shape_a, shape_b) = (call.shape(&a)?, call.shape(&b)?);
    let (rank_a, rank_b) = (shape_a.len(), shape_b.len());
    let stacked = rank_a == rank_b && rank_a > 2 && shape_a[..rank_a - 2] == shape_b[..rank_b - 2];
    ensure!(rank_a >= 2 && (rank_b == 2 || stacked), "matrices of shapes {shape_a:?} and {shape_b:?}");
    ensure!(shape_a[rank_a - 1] == shape_b[rank_b - 2], "{shape_a:?} and {shape_b:?} do not fit");
    let front = &"abcdefgh"[..rank_a - 2];
    let terms = format!("{front}mk,{}kn->{front}mn", if stacked { front } else { "" });
    call.wire(EinSum::new(terms.parse()?, f32::datum_type()), &[a, b])
}

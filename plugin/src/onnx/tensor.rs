//! Tensors as ONNX files hold them.

use std::mem::take;

use tract_core::internal::*;

use super::pb::{DataType, TensorProto};

/// Axes of any tensor.
pub const MAX_RANK: usize = 8;

/// The values of `proto`: numbers of any width as f32, integers and booleans as i64, but bytes as they are.
///
/// # Errors
/// When they lie outside the file, are neither, or are not as many as the shape says.
pub fn decode(mut proto: TensorProto) -> TractResult<Arc<Tensor>> {
    let name = take(&mut proto.name);
    values(proto).map(Tensor::into_arc_tensor).with_context(|| format!("tensor {name:?}"))
}

fn values(proto: TensorProto) -> TractResult<Tensor> {
    ensure!(proto.data_location == 0, "its values are in another file");
    let (shape, raw) = (shape(&proto.dims)?, &proto.raw_data);
    let integers = || proto.int32_data.iter();
    match DataType::try_from(proto.data_type) {
        Ok(DataType::Float) => fill(&shape, raw, f32::from_le_bytes, proto.float_data.iter().copied()),
        Ok(DataType::Float16) => {
            fill(&shape, raw, |b| half(u16::from_le_bytes(b)), integers().map(|&i| half(i as u16)))
        }
        Ok(DataType::Double) => {
            fill(&shape, raw, |b| f64::from_le_bytes(b) as f32, proto.double_data.iter().map(|&value| value as f32))
        }
        Ok(DataType::Int64) => fill(&shape, raw, i64::from_le_bytes, proto.int64_data.iter().copied()),
        Ok(DataType::Int32) => fill(&shape, raw, |b| i64::from(i32::from_le_bytes(b)), integers().map(|&i| i.into())),
        Ok(DataType::Int8) => fill(&shape, raw, i8::from_le_bytes, integers().map(|&i| i as i8)),
        Ok(DataType::Uint8) => fill(&shape, raw, u8::from_le_bytes, integers().map(|&i| i as u8)),
        Ok(DataType::Bool) => fill(&shape, raw, |[b]| i64::from(b != 0), integers().map(|&i| i64::from(i != 0))),
        _ => bail!("values of type {} are not supported", proto.data_type),
    }
}

fn shape(dims: &[i64]) -> TractResult<TVec<usize>> {
    ensure!(dims.len() <= MAX_RANK, "{} axes, at most {MAX_RANK} are supported", dims.len());
    dims.iter().map(|&dim| usize::try_from(dim).with_context(|| format!("an axis of length {dim}"))).collect()
}

fn half(bits: u16) -> f32 {
    f16::from_bits(bits).to_f32()
}

/// A tensor of `raw` bytes, or of `typed` values where there are none.
fn fill<T: Datum + Copy, const BYTES: usize>(
    shape: &[usize],
    raw: &[u8],
    convert: impl Fn([u8; BYTES]) -> T,
    typed: impl ExactSizeIterator<Item = T>,
) -> TractResult<Tensor> {
    let (chunks, rest) = raw.as_chunks::<BYTES>();
    let found = if raw.is_empty() { typed.len() } else { chunks.len() };
    let expected = shape.iter().try_fold(1, |volume: usize, &dim| volume.checked_mul(dim));
    ensure!(rest.is_empty() && expected == Some(found), "{found} values do not fill the shape {shape:?}");
    let values: Vec<T> =
        if raw.is_empty() { typed.collect() } else { chunks.iter().map(|bytes| convert(*bytes)).collect() };
    Tensor::from_shape(shape, &values)
}

/// The values of a tensor of whole numbers.
///
/// # Errors
/// When they are not whole numbers.
pub fn integers(tensor: &Tensor) -> TractResult<Vec<i64>> {
    Ok(tensor.try_as_plain_ram()?.as_slice::<i64>().context("expected whole numbers")?.to_vec())
}

/// The values of a tensor of f32.
///
/// # Errors
/// When they are whole numbers.
pub fn floats(tensor: &Tensor) -> TractResult<&[f32]> {
    tensor.try_as_plain_ram()?.as_slice().context("expected floating-point values")
}

/// The values of a tensor of bytes, signed or not, as numbers.
///
/// # Errors
/// When they are no bytes.
pub fn bytes(tensor: &Tensor) -> TractResult<Vec<f32>> {
    let view = tensor.try_as_plain_ram()?;
    match tensor.datum_type() {
        DatumType::I8 => Ok(view.as_slice::<i8>()?.iter().map(|&value| value.into()).collect()),
        DatumType::U8 => Ok(view.as_slice::<u8>()?.iter().map(|&value| value.into()).collect()),
        kind => bail!("expected bytes, found {kind:?}"),
    }
}

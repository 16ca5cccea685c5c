//! Named f32 tensors, whatever the checkpoint stored them as.

use std::collections::BTreeMap;

use half::{bf16, f16};

use super::error::{Result, unreadable, unsupported};
use super::state::View;

/// A row-major tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

pub type Tensors = BTreeMap<String, Tensor>;

/// How a checkpoint stores numbers, little-endian.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    F32,
    F16,
    Bf16,
    F64,
}

impl Number {
    /// By the class of a storage.
    pub fn of_storage(class: &str, tensor: &str) -> Result<Self> {
        match class {
            "torch.FloatStorage" => Ok(Self::F32),
            "torch.HalfStorage" => Ok(Self::F16),
            "torch.BFloat16Storage" => Ok(Self::Bf16),
            "torch.DoubleStorage" => Ok(Self::F64),
            other => unsupported(format!("`{tensor}` is stored as {other}; convert the model to float32")),
        }
    }

    pub const fn bytes(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The number in `bytes`, of which there are [`Self::bytes`].
    fn decode(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::F32, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
            (Self::F16, &[a, b]) => f16::from_le_bytes([a, b]).to_f32(),
            (Self::Bf16, &[a, b]) => bf16::from_le_bytes([a, b]).to_f32(),
            (Self::F64, &[a, b, c, d, e, f, g, h]) => f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32,
            _ => f32::NAN,
        }
    }

    /// All numbers in `bytes`.
    pub fn decode_all(self, bytes: &[u8]) -> Vec<f32> {
        bytes.chunks_exact(self.bytes()).map(|chunk| self.decode(chunk)).collect()
    }
}

/// Number of values in `shape`, `None` where it overflows.
pub fn volume(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &side| product.checked_mul(side))
}

/// The tensor that `view` shows of `storage`: at index (i₀, i₁, …), value offset + Σ iₖ · strideₖ.
///
/// # Errors
/// `Unreadable` where the view reaches past the storage or shows more values than it has.
pub fn gather(view: View, number: Number, storage: &[u8], name: &str) -> Result<Tensor> {
    let held = storage.len() / number.bytes();
    let count = volume(&view.shape).filter(|&count| count <= held);
    let (Some(count), true) = (count, reach(&view).is_some_and(|end| end <= held)) else {
        return unreadable(format!("`{name}` reaches past its storage of {held} values"));
    };
    let place = |flat| {
        let start = place(&view, flat) * number.bytes();
        number.decode(&storage[start..start + number.bytes()])
    };
    let data = (0..count).map(place).collect();
    Ok(Tensor { shape: view.shape, data })
}

/// One past the last value that the view shows.
fn reach(view: &View) -> Option<usize> {
    if view.shape.contains(&0) {
        return Some(0);
    }
    let steps = view.shape.iter().zip(&view.strides).map(|(&side, &stride)| (side - 1).checked_mul(stride));
    steps.into_iter().try_fold(view.offset, |sum, step| sum.checked_add(step?))?.checked_add(1)
}

fn place(view: &View, flat: usize) -> usize {
    let (mut rest, mut at) = (flat, view.offset);
    for (&side, &stride) in view.shape.iter().zip(&view.strides).rev() {
        at += rest % side * stride;
        rest /= side;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(offset: usize, shape: &[usize], strides: &[usize]) -> View {
        let (class, key) = Default::default();
        View { class, key, offset, shape: shape.to_vec(), strides: strides.to_vec() }
    }

    #[test]
    fn strides_are_followed() {
        let storage: Vec<u8> = (0..7).flat_map(|value| (value as f32).to_le_bytes()).collect();
        let tensor = gather(view(1, &[3, 2], &[1, 3]), Number::F32, &storage, "t").unwrap();
        assert_eq!(tensor.data, [1., 4., 2., 5., 3., 6.]);
    }

    #[test]
    fn views_past_the_storage_are_refused() {
        for (offset, shape, strides) in [(1, [2, 2], [2, 1]), (usize::MAX, [1, 1], [1, 1]), (0, [3, 3], [0, 0])] {
            let error = gather(view(offset, &shape, &strides), Number::F32, &[0; 16], "t").unwrap_err();
            assert_eq!(error.code(), "model-checkpoint-unreadable");
        }
    }

    #[test]
    fn every_number_format_reads_the_same() {
        assert_eq!(Number::F16.decode_all(&f16::from_f32(0.5).to_le_bytes()), [0.5]);
        assert_eq!(Number::Bf16.decode_all(&bf16::from_f32(0.5).to_le_bytes()), [0.5]);
        assert_eq!(Number::F64.decode_all(&0.5f64.to_le_bytes()), [0.5]);
    }
}

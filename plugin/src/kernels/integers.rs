//! An image as 16-bit integers with a scale of its own, so that none depends on what it came with.

use std::array::from_fn;
use std::borrow::Cow;

use super::geometry::Geometry;
use super::simd::{F32x4, I16x8};

/// The least that a largest magnitude is taken for: its inverse is finite.
pub const TINY: f32 = 1e-30;

/// A padded image, ready for the kernels.
pub struct Integers<'a> {
    /// `[height][width][channels]`, and zeros behind them where eights are not whole.
    pub values: Cow<'a, [i16]>,
    /// What one level is worth.
    pub scale: f32,
}

impl<'a> Integers<'a> {
    /// Of an image of `[height, width, channels]` with `size` = `[height, width]`, whose largest magnitude becomes
    /// `levels`. The scale is not finite where a value is not.
    pub fn of(geometry: &Geometry, image: &[f32], size: [usize; 2], levels: i16) -> Self {
        let (levels, largest) = (f32::from(levels), largest(image));
        let values = framed(geometry, image, size, |row, to| convert(row, levels / largest, to));
        Self { values: values.into(), scale: largest / levels }
    }

    /// Of an image that is in levels worth `scale` already.
    pub fn padded(geometry: &Geometry, image: &'a [i16], size: [usize; 2], scale: f32) -> Self {
        if geometry.padded(size) == size && geometry.reads_whole_eights() {
            return Self { values: image.into(), scale };
        }
        let values = framed(geometry, image, size, |row, to| to.extend_from_slice(row));
        Self { values: values.into(), scale }
    }
}

/// The image, whose rows `convert` appends, between the zeros that pad it.
fn framed<T>(geometry: &Geometry, image: &[T], size: [usize; 2], convert: impl Fn(&[T], &mut Vec<i16>)) -> Vec<i16> {
    let [height, width] = geometry.padded(size);
    let mut values = Vec::with_capacity(height * width * geometry.channels_in + 7);
    geometry.pad_with(image, size, &mut values, convert);
    values.extend([0; 7]);
    values
}

/// The largest magnitude.
fn largest(image: &[f32]) -> f32 {
    let (sixteens, rest) = image.as_chunks::<16>();
    let mut most = [F32x4::splat(TINY); 4];
    for sixteen in sixteens {
        let fours = sixteen.as_chunks().0;
        (0..4).for_each(|v| most[v] = most[v].max_magnitude(F32x4::load(&fours[v])));
    }
    let mut lanes = [[0.0; 4]; 4];
    most.iter().zip(&mut lanes).for_each(|(most, lanes)| most.store(lanes));
    let magnitudes = lanes.as_flattened().iter().chain(rest).map(|value| value.abs());
    magnitudes.max_by(f32::total_cmp).unwrap_or(TINY)
}

/// Appends the whole numbers nearest to `factor` times `from`.
fn convert(from: &[f32], factor: f32, to: &mut Vec<i16>) {
    let (many, rest) = from.as_chunks::<32>();
    many.iter().for_each(|values| to.extend_from_slice(nearest::<4>(values, factor).as_flattened()));
    for eight in rest.chunks(8) {
        let mut values = [0.0; 8];
        values[..eight.len()].copy_from_slice(eight);
        to.extend_from_slice(&nearest::<1>(&values, factor).as_flattened()[..eight.len()]);
    }
}

#[inline(always)]
fn nearest<const N: usize>(values: &[f32], factor: f32) -> [[i16; 8]; N] {
    let (fours, factor) = (values.as_chunks().0, F32x4::splat(factor));
    from_fn(|i| {
        let mut whole = [0; 8];
        I16x8::nearest([0, 1].map(|half| F32x4::load(&fours[i * 2 + half]).mul(factor))).store(&mut whole);
        whole
    })
}

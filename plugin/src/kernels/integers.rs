//! An image as 16-bit integers with a scale of its own, so that none depends on what it came with.

use super::geometry::Geometry;
use super::simd::{F32x4, I16x8};

/// The least that a largest magnitude is taken for: its inverse is finite.
pub const TINY: f32 = 1e-30;

/// A padded image, ready for the kernels.
pub struct Integers {
    /// `[height][width][channels]`, and zeros behind them to read whole eights.
    pub values: Vec<i16>,
    /// What one level is worth.
    pub scale: f32,
}

impl Integers {
    /// Of an image of `[height, width, channels]` with `size` = `[height, width]`, whose largest magnitude becomes
    /// `levels`. The scale is not finite where a value is not.
    pub fn of(geometry: &Geometry, image: &[f32], size: [usize; 2], levels: i16) -> Self {
        let ([height, width], levels, largest) = (geometry.padded(size), f32::from(levels), largest(image));
        let mut values = vec![0; height * width * geometry.channels_in + 7];
        geometry.pad(image, size, &mut values, |from, to| convert(from, levels / largest, to));
        Self { values, scale: largest / levels }
    }
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

/// The whole numbers nearest to `factor` times `from`.
fn convert(from: &[f32], factor: f32, to: &mut [i16]) {
    let (eights, rest) = from.as_chunks::<8>();
    let (wholes, ends) = to.as_chunks_mut();
    for (whole, eight) in wholes.iter_mut().zip(eights) {
        nearest(eight, factor).store(whole);
    }
    if !rest.is_empty() {
        let (mut last, mut whole) = ([0.0; 8], [0; 8]);
        last[..rest.len()].copy_from_slice(rest);
        nearest(&last, factor).store(&mut whole);
        ends.copy_from_slice(&whole[..ends.len()]);
    }
}

#[inline(always)]
fn nearest(eight: &[f32; 8], factor: f32) -> I16x8 {
    let (fours, factor) = (eight.as_chunks().0, F32x4::splat(factor));
    I16x8::nearest([F32x4::load(&fours[0]).mul(factor), F32x4::load(&fours[1]).mul(factor)])
}

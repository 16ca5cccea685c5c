//! The arithmetic of a convolution: tiles of a few pixels by a few output channels.
//!
//! With channels last, a 1×1 convolution is a matrix product that needs no packing of its input, and any
//! other is the same product over the runs of values under the kernel: the indirect convolution of
//! Dukhan, "The Indirect Convolution Algorithm" (2019). Sums run in one fixed order everywhere.

use std::array::from_fn;

use super::simd::F32x4;

/// Pixels per tile: with two vectors of channels, what 16 vector registers hold.
pub const PIXELS: usize = 4;

pub type Tile<const V: usize> = [[F32x4; V]; PIXELS];

/// Adds the products of `runs` (each `length` values from each of `starts`) with the panel's weights,
/// `[runs × length][V × 4 channels]`.
#[inline(always)]
pub fn accumulate<const V: usize>(
    tile: &mut Tile<V>,
    image: &[f32],
    starts: [usize; PIXELS],
    runs: &[usize],
    length: usize,
    panel: &[[[f32; 4]; V]],
) {
    for (run, weights) in runs.iter().zip(panel.chunks_exact(length)) {
        let rows = starts.map(|start| &image[start + run..][..length]);
        add_run(tile, rows, weights);
    }
}

/// Eight, then four, then single values at a time: long straight stretches keep the tile in registers.
#[inline(always)]
fn add_run<const V: usize>(tile: &mut Tile<V>, rows: [&[f32]; PIXELS], weights: &[[[f32; 4]; V]]) {
    let (eights, rest) = weights.as_chunks::<8>();
    for (i, weights) in eights.iter().enumerate() {
        let values: [&[f32; 8]; PIXELS] = rows.map(|row| &row.as_chunks::<8>().0[i]);
        add_four(tile, values.map(|v| v.first_chunk::<4>().expect("8 values")), weights.first_chunk().expect("8"));
        add_four(tile, values.map(|v| v.last_chunk::<4>().expect("8 values")), weights.last_chunk().expect("8"));
    }
    let rows = rows.map(|row| &row[eights.len() * 8..]);
    let (fours, ones) = rest.as_chunks::<4>();
    for (i, weights) in fours.iter().enumerate() {
        add_four(tile, rows.map(|row| &row.as_chunks::<4>().0[i]), weights);
    }
    for (i, weights) in ones.iter().enumerate() {
        let values = rows.map(|row| F32x4::splat(row[fours.len() * 4 + i]));
        add_one(tile, values, weights);
    }
}

#[inline(always)]
fn add_four<const V: usize>(tile: &mut Tile<V>, rows: [&[f32; 4]; PIXELS], weights: &[[[f32; 4]; V]; 4]) {
    let values = rows.map(F32x4::load);
    for (k, weights) in weights.iter().enumerate() {
        add_one(tile, values.map(|v| v.lane(k)), weights);
    }
}

#[inline(always)]
fn add_one<const V: usize>(tile: &mut Tile<V>, values: [F32x4; PIXELS], weights: &[[f32; 4]; V]) {
    let weights: [F32x4; V] = from_fn(|v| F32x4::load(&weights[v]));
    for (sums, value) in tile.iter_mut().zip(values) {
        for v in 0..V {
            sums[v] = value.mul_add(weights[v], sums[v]);
        }
    }
}

/// Adds one pixel's values times a depthwise kernel's, over `V × 4` channels from `start`.
#[inline(always)]
pub fn accumulate_depthwise<const V: usize>(
    sums: &mut [F32x4; V],
    image: &[f32],
    start: usize,
    taps: &[usize],
    weights: &[[[f32; 4]; V]],
) {
    for (tap, weights) in taps.iter().zip(weights) {
        let values = image[start + tap..].as_chunks::<4>().0;
        for v in 0..V {
            sums[v] = F32x4::load(&values[v]).mul_add(F32x4::load(&weights[v]), sums[v]);
        }
    }
}

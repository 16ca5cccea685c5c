//! The arithmetic of a convolution: tiles of two pixels by four output channels.
//!
//! With channels last, a 1×1 convolution is a matrix product that needs no packing of its input, and any
//! other is the same product over the runs of values under the kernel: the indirect convolution of
//! Dukhan, "The Indirect Convolution Algorithm" (2019). The lanes of a vector are eight values of a run,
//! so neither input nor weights are ever shuffled; a sum's lanes meet once, at its end.
//! Sums of integers are exact; those of f32 run in one fixed order everywhere.

use super::simd::{F32x4, I16x8, I32x4};

/// Pixels per tile: with four channels and what they are made of, what 16 vector registers hold.
pub const PIXELS: usize = 2;
/// Steps between two turns of a loop.
const STEPS: usize = 8;

/// Weights of four channels for eight consecutive values: `[channel][value]`.
pub type Quad = [[i16; 8]; 4];
/// Sums of four channels for each pixel, each still spread over four lanes.
type Tile = [[I32x4; 4]; PIXELS];

/// At most [`STEPS`] steps, written out. Leaving between any two of them keeps a compiler from loading all that is
/// to come before the first product, which 16 registers cannot hold; a loop's turn would store and load all sums.
macro_rules! unroll {
    ($count:expr, |$step:ident| $body:block) => {
        unroll!($count, $step, $body, 0 1 2 3 4 5 6 7)
    };
    ($count:expr, $step:ident, $body:block, $($index:literal)*) => {
        'steps: {
            $(
                if $count == $index {
                    break 'steps;
                }
                let $step = $index;
                $body
            )*
        }
    };
}

/// Sums of four channels for the pixels at `starts`, over one run of eights that begins there.
// A function of its own, as the next two: registers are too few to share with the loops around.
#[inline(never)]
pub fn sum_run(image: &[i16], starts: &[[usize; PIXELS]], weights: &[Quad], sums: &mut [[F32x4; PIXELS]]) {
    for (starts, sums) in starts.iter().zip(sums) {
        let mut tile = [[I32x4::zero(); 4]; PIXELS];
        let mut rows = starts.map(|start| &image[start..]);
        for weights in weights.chunks(STEPS) {
            let cut = rows.map(|row| row.split_at(weights.len() * 8));
            let eights = cut.map(|(eights, _)| &eights.as_chunks().0[..weights.len()]);
            unroll!(weights.len(), |step| { add_step(&mut tile, &weights[step], eights.map(|row| &row[step])) });
            rows = cut.map(|(_, rest)| rest);
        }
        *sums = tile.map(I32x4::sums);
    }
}

/// Like [`sum_run`], over eights at these offsets from a pixel's start, which together reach over `reach` values.
#[inline(never)]
pub fn sum_eights(
    image: &[i16],
    starts: &[[usize; PIXELS]],
    offsets: &[usize],
    reach: usize,
    weights: &[Quad],
    sums: &mut [[F32x4; PIXELS]],
) {
    for (starts, sums) in starts.iter().zip(sums) {
        let mut tile = [[I32x4::zero(); 4]; PIXELS];
        let rows = starts.map(|start| &image[start..][..reach]);
        for (weights, offsets) in weights.chunks(STEPS).zip(offsets.chunks(STEPS)) {
            unroll!(weights.len(), |step| {
                let values = rows.map(|row| row[offsets[step]..].first_chunk().expect("within reach"));
                add_step(&mut tile, &weights[step], values);
            });
        }
        *sums = tile.map(I32x4::sums);
    }
}

/// Sums of `V × 4` channels for the pixels at `starts`, over the taps of a depthwise kernel at these offsets from a
/// pixel's start, which together reach over `reach` values.
#[inline(never)]
pub fn sum_taps<const V: usize>(
    image: &[f32],
    starts: &[[usize; PIXELS]],
    taps: &[usize],
    reach: usize,
    weights: &[[[f32; 4]; V]],
    sums: &mut [[[F32x4; V]; PIXELS]],
) {
    for (starts, sums) in starts.iter().zip(sums) {
        let mut tile = [[F32x4::splat(0.0); V]; PIXELS];
        let rows = starts.map(|start| &image[start..][..reach]);
        for (weights, taps) in weights.chunks(STEPS).zip(taps.chunks(STEPS)) {
            unroll!(weights.len(), |step| {
                let weights = weights[step].each_ref().map(F32x4::load);
                for (sums, row) in tile.iter_mut().zip(rows) {
                    let values = row[taps[step]..][..V * 4].as_chunks().0.first_chunk::<V>().expect("whole");
                    (0..V).for_each(|v| sums[v] = F32x4::load(&values[v]).mul_add(weights[v], sums[v]));
                }
            });
        }
        *sums = tile;
    }
}

#[inline(always)]
fn add_step(tile: &mut Tile, weights: &Quad, values: [&[i16; 8]; PIXELS]) {
    let weights = weights.each_ref().map(I16x8::load);
    for (sums, values) in tile.iter_mut().zip(values.map(I16x8::load)) {
        for (sum, weights) in sums.iter_mut().zip(weights) {
            *sum = sum.add_dot(values, weights);
        }
    }
}

//! The arithmetic of a convolution: tiles of two pixels by four output channels.
//!
//! With channels last, a 1×1 convolution is a matrix product that needs no packing of its input, and any
//! other is the same product over the runs of values under the kernel: the indirect convolution of
//! Dukhan, "The Indirect Convolution Algorithm" (2019). The lanes of a vector are eight values of a run,
//! so neither input nor weights are ever shuffled; a sum's lanes meet once, at its end.
//! Those of a depthwise kernel are a pair of taps of four channels instead.

use std::hint::black_box;

use super::finish::{Finish, Panel, Target};
use super::simd::{I16x8, I32x4};
use super::tile::{PIXELS, Pair, Quad, VECTORS};

/// Steps between two turns of a loop.
pub const STEPS: usize = 8;

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

/// Takes all of `weights`, and what goes with each, at `once`, or [`STEPS`] at a time: a loop's turn stores and loads all sums.
macro_rules! steps {
    ($once:expr, ($weights:expr, $places:expr), |$some:ident, $there:ident| $body:block) => {
        if $once {
            let ($some, $there) = ($weights, &$places[..$weights.len()]);
            $body
        } else {
            for ($some, $there) in $weights.chunks(STEPS).zip($places.chunks(STEPS)) $body
        }
    };
    ($once:expr, $weights:expr, |$some:ident| $body:block) => {
        if $once {
            let $some = $weights;
            $body
        } else {
            for $some in $weights.chunks(STEPS) $body
        }
    };
}

/// Finishes sums of four channels for the pixels at `starts`, over one run of eights that begins there; `ONCE` where
/// they are no more than [`STEPS`].
// A function of its own, as the next two: registers are too few to share with the loops around.
#[inline(never)]
pub fn sum_run<const ONCE: bool>(
    image: &[i16],
    starts: &[[usize; PIXELS]],
    weights: &[Quad],
    panel: &Panel<1>,
    finish: &mut Finish<impl Target>,
) {
    for (nth, starts) in starts.iter().enumerate() {
        let mut tile = [[I32x4::zero(); 4]; PIXELS];
        let mut rows = starts.map(|start| image[start..].as_chunks().0);
        steps!(ONCE, weights, |some| {
            let eights = rows.map(|row| &row[..some.len()]);
            unroll!(some.len(), |step| { add_step(&mut tile, &some[step], eights.map(|row| &row[step])) });
            rows = rows.map(|row| &row[some.len()..]);
        });
        finish.write(panel, nth, tile.map(|sums| [I32x4::sums(sums)]));
    }
}

/// Like [`sum_run`], over eights at these offsets from a pixel's start, which together reach over `reach` values.
#[inline(never)]
pub fn sum_eights<const ONCE: bool>(
    image: &[i16],
    starts: &[[usize; PIXELS]],
    (offsets, reach): (&[usize], usize),
    weights: &[Quad],
    panel: &Panel<1>,
    finish: &mut Finish<impl Target>,
) {
    for (nth, starts) in starts.iter().enumerate() {
        let mut tile = [[I32x4::zero(); 4]; PIXELS];
        let rows = starts.map(|start| &image[start..][..reach]);
        steps!(ONCE, (weights, offsets), |weights, offsets| {
            unroll!(weights.len(), |step| {
                let values = rows.map(|row| row[offsets[step]..].first_chunk().expect("within reach"));
                add_step(&mut tile, &weights[step], values);
            });
        });
        finish.write(panel, nth, tile.map(|sums| [I32x4::sums(sums)]));
    }
}

/// Finishes sums of eight channels for the pixels at `starts`, over pairs of taps of a depthwise kernel at these offsets
/// from a pixel's start, which together reach over `reach` values; `ONCE` where they are no more than [`STEPS`].
#[inline(never)]
pub fn sum_taps<const ONCE: bool>(
    image: &[i16],
    starts: &[[usize; PIXELS]],
    (taps, reach): (&[[usize; 2]], usize),
    weights: &[Pair],
    panel: &Panel<VECTORS>,
    finish: &mut Finish<impl Target>,
) {
    // Without a sum, a compiler takes eights to be interleaved for two fours each, and loads these one by one.
    let zero = I16x8::splat(black_box(0));
    for (nth, starts) in starts.iter().enumerate() {
        let mut tile = [[I32x4::zero(); VECTORS]; PIXELS];
        let rows = starts.map(|start| &image[start..][..reach]);
        steps!(ONCE, (weights, taps), |weights, taps| {
            unroll!(weights.len(), |step| {
                let weights = weights[step].each_ref().map(I16x8::load);
                for (sums, row) in tile.iter_mut().zip(rows) {
                    let [first, second] = taps[step];
                    let pairs = I16x8::interleaved([eight(row, first).add(zero), eight(row, second).add(zero)]);
                    (0..VECTORS).for_each(|v| sums[v] = sums[v].add_dot(pairs[v], weights[v]));
                }
            });
        });
        finish.write(panel, nth, tile.map(|sums| sums.map(I32x4::floats)));
    }
}

#[inline(always)]
fn eight(row: &[i16], at: usize) -> I16x8 {
    I16x8::load(row[at..].first_chunk().expect("within reach"))
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

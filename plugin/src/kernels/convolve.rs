//! A whole convolution with what follows it: bias, an added image, and clamping, in one pass.

use tract_core::internal::{TractResult, ensure};

use super::finish::{Finish, Floats, Levels, Sum, Target, fours};
use super::geometry::Geometry;
use super::integers::Integers;
use super::kernel::{STEPS, sum_eights, sum_run, sum_taps};
use super::layout::Layout;
use super::simd::F32x4;
use super::tile::{PIXELS, Pair, Quad, VECTORS};
use super::values::{Input, Output};
use super::weights::{Packed, Weights};

/// Tiles worked on together: what they read and write stays in the cache while the weights pass by.
const TILES: usize = 32;

/// A convolution, packed and ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolution {
    pub geometry: Geometry,
    pub weights: Weights,
    /// One value per output channel.
    pub bias: Vec<f32>,
    /// Bounds of the output: `[0, ∞]` is a ReLU.
    pub clamp: [f32; 2],
    /// What one level of its input is worth, if that comes in levels.
    pub takes: Option<f32>,
    /// What one level of its output is worth, if it is to give levels.
    pub gives: Option<f32>,
}

impl Convolution {
    /// Runs over `input`, images of `[height, width, channels in]` with `size` = `[height, width]`, adding
    /// `added`, of the output's shape, before clamping. Panics when the kernel does not fit `size`.
    ///
    /// # Errors
    /// A value that is not finite, which has no level.
    pub fn run(&self, input: Input, size: [usize; 2], added: Option<&[f32]>, output: &mut Output) -> TractResult<()> {
        let layout = Layout::of(&self.geometry, size);
        let image = size[0] * size[1] * self.geometry.channels_in;
        let channels = self.geometry.channels_out;
        let length = layout.pixels * channels;
        for nth in 0..input.len() / image {
            let image = self.integers(input.part(nth * image, image), size);
            ensure!(self.gives.is_none() || image.scale.is_finite(), "a value is not finite");
            let added = added.map(|added| &added[nth * length..][..length]);
            match (output.part(nth * length, length), self.gives, added) {
                (Output::Floats(output), None, None) => self.convolve(&image, &layout, Floats(output)),
                (Output::Floats(output), None, Some(added)) => self.convolve(&image, &layout, Sum { output, added }),
                (Output::Levels(output), Some(level), None) => {
                    self.convolve(&image, &layout, Levels { output, level });
                }
                _ => unreachable!("`chain` and `output_facts` have seen to it"),
            }
        }
        Ok(())
    }

    fn integers<'a>(&self, image: Input<'a>, size: [usize; 2]) -> Integers<'a> {
        match (image, self.takes) {
            (Input::Levels(image), Some(scale)) => Integers::padded(&self.geometry, image, size, scale),
            (Input::Floats(image), None) => Integers::of(&self.geometry, image, size, self.weights.levels),
            _ => unreachable!("`output_facts` has seen to it"),
        }
    }

    fn convolve<T: Target>(&self, image: &Integers, layout: &Layout, target: T) {
        let (channels, clamp) = (self.geometry.channels_out, self.clamp);
        let finish = Finish { channels, bias: &self.bias, clamp, target };
        match &self.weights.packed {
            Packed::Dense(quads) => self.run_dense(quads, image, layout, finish),
            Packed::Depthwise(pairs) => self.run_depthwise(pairs, image, layout, finish),
        }
    }

    fn run_dense<T: Target>(&self, packed: &[Quad], image: &Integers, layout: &Layout, mut finish: Finish<T>) {
        let Geometry { groups, channels_in, channels_out, .. } = self.geometry;
        let (inputs, outputs) = (channels_in / groups, channels_out / groups);
        let (panels, places) = (outputs.div_ceil(4), (&layout.offsets[..], layout.reach));
        for (i, starts) in layout.starts.chunks(TILES).enumerate() {
            for (index, packed) in packed.chunks_exact(layout.offsets.len()).enumerate() {
                let (group, channel) = (index / panels, index % panels * 4);
                let (values, at) = (&image.values[group * inputs..], group * outputs + channel);
                let panel = finish.panel(self.scales(image, at), i * TILES * PIXELS, at, (outputs - channel).min(4));
                match (layout.one_run, packed.len() <= STEPS) {
                    (true, true) => sum_run::<true>(values, starts, packed, &panel, &mut finish),
                    (true, false) => sum_run::<false>(values, starts, packed, &panel, &mut finish),
                    (false, true) => sum_eights::<true>(values, starts, places, packed, &panel, &mut finish),
                    (false, false) => sum_eights::<false>(values, starts, places, packed, &panel, &mut finish),
                }
            }
        }
    }

    fn run_depthwise<T: Target>(&self, packed: &[Pair], image: &Integers, layout: &Layout, mut finish: Finish<T>) {
        let pair = |taps: &[usize]| [taps[0], taps[taps.len() - 1]];
        let taps: Vec<[usize; 2]> = layout.offsets.chunks(2).map(pair).collect();
        let places = (&taps[..], layout.reach);
        for (i, starts) in layout.starts.chunks(TILES).enumerate() {
            for (panel, packed) in packed.chunks_exact(taps.len()).enumerate() {
                let channel = panel * VECTORS * 4;
                let values = &image.values[channel..];
                let panel = finish.panel(self.scales(image, channel), i * TILES * PIXELS, channel, VECTORS * 4);
                match taps.len() <= STEPS {
                    true => sum_taps::<true>(values, starts, places, packed, &panel, &mut finish),
                    false => sum_taps::<false>(values, starts, places, packed, &panel, &mut finish),
                }
            }
        }
    }

    /// What one level of a sum is worth, of the channels from `first`.
    fn scales<const V: usize>(&self, image: &Integers, first: usize) -> [F32x4; V] {
        fours(&self.weights.scales[first..]).map(|scale| scale.mul(F32x4::splat(image.scale)))
    }
}

//! A whole convolution with what follows it: bias, an added image, and clamping, in one pass.

use super::finish::{Finish, fours};
use super::geometry::Geometry;
use super::integers::Integers;
use super::kernel::{PIXELS, sum_eights, sum_run, sum_taps};
use super::layout::Layout;
use super::simd::F32x4;
use super::weights::{Dense, VECTORS, Weights};

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
}

impl Convolution {
    /// Runs over `input`, images of `[height, width, channels in]` with `size` = `[height, width]`, adding
    /// `added`, of the output's shape, before clamping. Panics when the kernel does not fit `size`.
    pub fn run(&self, input: &[f32], size: [usize; 2], added: Option<&[f32]>, output: &mut [f32]) {
        let layout = Layout::of(&self.geometry, size);
        let image = size[0] * size[1] * self.geometry.channels_in;
        let channels = self.geometry.channels_out;
        let outputs = output.chunks_exact_mut(layout.pixels * channels);
        for (i, (image, output)) in input.chunks_exact(image).zip(outputs).enumerate() {
            let added = added.map(|added| &added[i * output.len()..][..output.len()]);
            let finish = Finish { channels, bias: &self.bias, clamp: self.clamp, added, output };
            match &self.weights {
                Weights::Dense(weights) => {
                    let image = Integers::of(&self.geometry, image, size, weights.levels);
                    self.run_dense(weights, &image, &layout, finish);
                }
                Weights::Depthwise(weights) => {
                    let padded = self.geometry.pad(image, size);
                    self.run_depthwise(weights, padded.as_deref().unwrap_or(image), &layout, finish);
                }
            }
        }
    }

    fn run_dense(&self, weights: &Dense, image: &Integers, layout: &Layout, mut finish: Finish) {
        let Geometry { groups, channels_in, channels_out, .. } = self.geometry;
        let Layout { offsets, reach, .. } = layout;
        let (inputs, outputs) = (channels_in / groups, channels_out / groups);
        let panels = outputs.div_ceil(4);
        for (i, starts) in layout.starts.chunks(TILES).enumerate() {
            let mut sums = [[F32x4::splat(0.0); PIXELS]; TILES];
            let sums = &mut sums[..starts.len()];
            for (index, packed) in weights.packed.chunks_exact(offsets.len()).enumerate() {
                let (group, channel) = (index / panels, index % panels * 4);
                let values = &image.values[group * inputs..];
                match layout.one_run {
                    true => sum_run(values, starts, packed, sums),
                    false => sum_eights(values, starts, offsets, *reach, packed, sums),
                }
                let (pixel, at) = (i * TILES * PIXELS, group * outputs + channel);
                let scales = fours(&weights.scales[at..]).map(|scale| scale.mul(F32x4::splat(image.scale)));
                finish.write::<1>(sums.as_flattened().as_chunks().0, scales, pixel, at, (outputs - channel).min(4));
            }
        }
    }

    fn run_depthwise(&self, packed: &[[[f32; 4]; VECTORS]], image: &[f32], layout: &Layout, mut finish: Finish) {
        let Layout { offsets, reach, .. } = layout;
        for (i, starts) in layout.starts.chunks(TILES).enumerate() {
            let mut sums = [[[F32x4::splat(0.0); VECTORS]; PIXELS]; TILES];
            let sums = &mut sums[..starts.len()];
            for (panel, weights) in packed.chunks_exact(offsets.len()).enumerate() {
                let (channel, ones) = (panel * VECTORS * 4, [F32x4::splat(1.0); VECTORS]);
                sum_taps(&image[channel..], starts, offsets, *reach, weights, sums);
                finish.write(sums.as_flattened(), ones, i * TILES * PIXELS, channel, VECTORS * 4);
            }
        }
    }
}

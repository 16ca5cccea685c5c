//! A whole convolution with what follows it: bias, an added image, and clamping, in one pass.

use std::array::from_fn;

use super::geometry::Geometry;
use super::kernel::{PIXELS, Quad, sum_fours, sum_stretches, sum_taps};
use super::layout::Layout;
use super::simd::F32x4;
use super::weights::{VECTORS, Weights};

/// Input values worked on together: they stay in the cache while the weights pass by.
const BLOCK: usize = 1 << 16;

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

/// Padded images on their way to output images.
struct Pass<'a> {
    layout: Layout,
    images: &'a [f32],
    added: Option<&'a [f32]>,
    output: &'a mut [f32],
}

impl Convolution {
    /// Runs over `input`, images of `[height, width, channels in]` with `size` = `[height, width]`, adding
    /// `added`, of the output's shape, before clamping. Panics when the kernel does not fit `size`.
    pub fn run(&self, input: &[f32], size: [usize; 2], added: Option<&[f32]>, output: &mut [f32]) {
        let images = input.len() / (size[0] * size[1] * self.geometry.channels_in);
        let padded = self.pad(input, images, size);
        let layout = Layout::of(&self.geometry, images, size);
        let mut pass = Pass { layout, images: padded.as_deref().unwrap_or(input), added, output };
        match &self.weights {
            Weights::Dense(packed) => self.run_groups(&mut pass, packed),
            Weights::Depthwise(packed) => self.run_depthwise(&mut pass, packed),
        }
    }

    /// Padded images, with room behind them to read whole fours; none where the input will do as it is.
    fn pad(&self, input: &[f32], images: usize, size: [usize; 2]) -> Option<Vec<f32>> {
        let (geometry, length) = (&self.geometry, self.geometry.run_length());
        let (padded, beyond) = (geometry.padded(size), length.next_multiple_of(4) - length);
        let needed = padded != size || (beyond > 0 && !geometry.depthwise());
        needed.then(|| {
            let mut frames = vec![0.0; images * padded[0] * padded[1] * geometry.channels_in + beyond];
            geometry.pad(input, size, &mut frames);
            frames
        })
    }

    fn run_groups(&self, pass: &mut Pass, packed: &[Quad]) {
        let outputs = self.geometry.channels_out / self.geometry.groups;
        let panels = packed.chunks_exact(pass.layout.stretches.len() * pass.layout.fours);
        let pixels = pass.layout.starts.len();
        let block = (BLOCK / self.geometry.channels_in).next_multiple_of(PIXELS);
        for begin in (0..pixels).step_by(block) {
            let end = (begin + block).min(pixels);
            for (index, panel) in panels.clone().enumerate() {
                let (group, first) = (index / outputs.div_ceil(4), index % outputs.div_ceil(4) * 4);
                let channels = (group * outputs + first, (outputs - first).min(4));
                let shift = group * self.geometry.channels_in / self.geometry.groups;
                for pixel in (begin..end).step_by(PIXELS) {
                    self.run_tile(pass, panel, pixel, shift, channels);
                }
            }
        }
    }

    #[inline(always)]
    fn run_tile(
        &self,
        pass: &mut Pass,
        panel: &[Quad],
        pixel: usize,
        shift: usize,
        (channel, channels): (usize, usize),
    ) {
        let layout = &pass.layout;
        let starts = layout.tile(pixel, shift);
        let sums = match layout.fours {
            1 => sum_fours(pass.images, starts, &layout.stretches, layout.reach(4), panel),
            fours => sum_stretches(pass.images, starts, &layout.stretches, fours, panel),
        };
        self.finish(pass, sums.map(|sum| [sum]), pixel, channel, channels);
    }

    fn run_depthwise(&self, pass: &mut Pass, packed: &[[[f32; 4]; VECTORS]]) {
        let reach = pass.layout.reach(VECTORS * 4);
        for pixel in (0..pass.layout.starts.len()).step_by(PIXELS) {
            for (panel, weights) in packed.chunks_exact(pass.layout.stretches.len()).enumerate() {
                let channel = panel * VECTORS * 4;
                let starts = pass.layout.tile(pixel, channel);
                let sums = sum_taps(pass.images, starts, &pass.layout.stretches, reach, weights);
                self.finish(pass, sums, pixel, channel, VECTORS * 4);
            }
        }
    }

    /// Bias, added image and clamp for `channels` values from `channel` of each pixel from `pixel`, stored.
    #[inline(always)]
    fn finish<const V: usize>(
        &self,
        pass: &mut Pass,
        sums: [[F32x4; V]; PIXELS],
        pixel: usize,
        channel: usize,
        channels: usize,
    ) {
        let all = self.geometry.channels_out;
        let bias: [F32x4; V] = from_fn(|v| load(&self.bias[channel + v * 4..]));
        for (p, sums) in sums.into_iter().enumerate().take(pass.layout.starts.len() - pixel) {
            let at = (pixel + p) * all + channel;
            let output = &mut pass.output[at..];
            let added = pass.added.map(|added| &added[at..]);
            for (v, sum) in sums.into_iter().enumerate() {
                let sum = sum.add(bias[v]);
                let sum = added.map_or(sum, |added| sum.add(load(&added[v * 4..])));
                store(
                    sum.clamp(F32x4::splat(self.clamp[0]), F32x4::splat(self.clamp[1])),
                    &mut output[v * 4..],
                    channels - v * 4,
                );
            }
        }
    }
}

/// The first four values of `from`, or zeros where it ends.
#[inline(always)]
fn load(from: &[f32]) -> F32x4 {
    match from.first_chunk() {
        Some(four) => F32x4::load(four),
        None => F32x4::load(&from_fn(|i| from.get(i).copied().unwrap_or(0.0))),
    }
}

#[inline(always)]
fn store(sum: F32x4, to: &mut [f32], count: usize) {
    match to.first_chunk_mut() {
        Some(four) if count >= 4 => sum.store(four),
        _ => {
            let mut four = [0.0; 4];
            sum.store(&mut four);
            to[..count.min(4)].copy_from_slice(&four[..count.min(4)]);
        }
    }
}

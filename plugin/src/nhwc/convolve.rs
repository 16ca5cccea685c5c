//! A whole convolution with what follows it: bias, an added image, and clamping, in one pass.

use std::array::from_fn;

use super::geometry::Geometry;
use super::kernel::{PIXELS, Tile, accumulate, accumulate_depthwise};
use super::simd::F32x4;
use super::weights::{VECTORS, Weights};

/// Output pixels worked on together, so that their input stays in the cache while the weights pass by.
const BLOCK: usize = 16 * PIXELS;

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

/// One padded image on its way to one output image.
struct Pass<'a> {
    image: &'a [f32],
    runs: Vec<usize>,
    length: usize,
    starts: Vec<usize>,
    added: Option<&'a [f32]>,
    output: &'a mut [f32],
}

impl Convolution {
    /// Runs over `input`, images of `[height, width, channels in]` with `size` = `[height, width]`, adding
    /// `added`, of the output's shape, before clamping. Panics when the kernel does not fit `size`.
    pub fn run(&self, input: &[f32], size: [usize; 2], added: Option<&[f32]>, output: &mut [f32]) {
        let geometry = &self.geometry;
        let out = geometry.output(size).expect("output size was checked when the model was loaded");
        let padded = geometry.padded(size);
        let mut frame = vec![0.0; if padded == size { 0 } else { padded[0] * padded[1] * geometry.channels_in }];
        let (length, runs) = geometry.runs(padded[1]);
        let starts = geometry.starts(out, padded[1]);
        let each = out[0] * out[1] * geometry.channels_out;
        let images = input.chunks_exact(size[0] * size[1] * geometry.channels_in);
        for (i, (image, output)) in images.zip(output.chunks_exact_mut(each)).enumerate() {
            if padded != size {
                geometry.pad(image, size, &mut frame);
            }
            let image = if padded == size { image } else { &frame };
            let added = added.map(|all| &all[i * each..][..each]);
            self.run_image(Pass { image, runs: runs.clone(), length, starts: starts.clone(), added, output });
        }
    }

    fn run_image(&self, mut pass: Pass) {
        match &self.weights {
            Weights::Narrow(packed) => self.run_groups(&mut pass, packed),
            Weights::Wide(packed) => self.run_groups(&mut pass, packed),
            Weights::Depthwise(packed) => self.run_depthwise(&mut pass, packed),
        }
    }

    fn run_groups<const V: usize>(&self, pass: &mut Pass, packed: &[[[f32; 4]; V]]) {
        let outputs = self.geometry.channels_out / self.geometry.groups;
        let panels = packed.chunks_exact(pass.runs.len() * pass.length);
        let per_group = outputs.div_ceil(V * 4);
        for block in (0..pass.starts.len()).step_by(BLOCK) {
            let end = (block + BLOCK).min(pass.starts.len());
            for (index, panel) in panels.clone().enumerate() {
                let (group, first) = (index / per_group, index % per_group * V * 4);
                let channels = (group * outputs + first, (outputs - first).min(V * 4));
                let shift = group * pass.length * usize::from(self.geometry.groups > 1);
                for pixel in (block..end).step_by(PIXELS) {
                    self.run_tile(pass, panel, pixel, shift, channels);
                }
            }
        }
    }

    #[inline(always)]
    fn run_tile<const V: usize>(
        &self,
        pass: &mut Pass,
        panel: &[[[f32; 4]; V]],
        pixel: usize,
        shift: usize,
        (channel, channels): (usize, usize),
    ) {
        let last = pass.starts.len() - 1;
        let starts: [usize; PIXELS] = from_fn(|p| pass.starts[(pixel + p).min(last)] + shift);
        let mut tile: Tile<V> = [[F32x4::splat(0.0); V]; PIXELS];
        accumulate(&mut tile, pass.image, starts, &pass.runs, pass.length, panel);
        for (p, sums) in tile.into_iter().enumerate().take(pass.starts.len() - pixel) {
            self.finish(pass, sums, (pixel + p) * self.geometry.channels_out + channel, channel, channels);
        }
    }

    fn run_depthwise(&self, pass: &mut Pass, packed: &[[[f32; 4]; VECTORS]]) {
        let all = self.geometry.channels_out;
        let taps = pass.runs.len();
        for pixel in 0..pass.starts.len() {
            for (panel, weights) in packed.chunks_exact(taps).enumerate() {
                let channel = panel * VECTORS * 4;
                let channels = (all - channel).min(VECTORS * 4);
                let mut sums = [F32x4::splat(0.0); VECTORS];
                accumulate_depthwise(&mut sums, pass.image, pass.starts[pixel] + channel, &pass.runs, weights);
                self.finish(pass, sums, pixel * all + channel, channel, channels);
            }
        }
    }

    /// Bias, added image and clamp for `channels` values from `channel`, stored from offset `at`.
    #[inline(always)]
    fn finish<const V: usize>(&self, pass: &mut Pass, sums: [F32x4; V], at: usize, channel: usize, channels: usize) {
        let [low, high] = self.clamp;
        for (v, sum) in sums.into_iter().enumerate().take(channels.div_ceil(4)) {
            let at = at + v * 4;
            let sum = sum.add(load(&self.bias[channel + v * 4..]));
            let sum = match pass.added {
                Some(added) => sum.add(load(&added[at..])),
                None => sum,
            };
            store(sum.clamp(F32x4::splat(low), F32x4::splat(high)), &mut pass.output[at..], channels - v * 4);
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

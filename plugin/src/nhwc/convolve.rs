//! A whole convolution with what follows it: bias, an added image, and clamping, in one pass.

use std::array::from_fn;

use super::geometry::Geometry;
use super::kernel::{PIXELS, Quad, sum_fours, sum_stretches, sum_taps};
use super::simd::F32x4;
use super::weights::{VECTORS, Weights};

/// Output pixels worked on together, so that their input stays in the cache while the weights pass by.
const BLOCK: usize = 32 * PIXELS;
/// Fewest consecutive fours of values that are worth a loop of their own, where there are several stretches.
const LONG: usize = 8;

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

/// Offsets into a padded image.
struct Layout {
    /// Of the first value under each output pixel.
    starts: Vec<usize>,
    /// From there, of each stretch of values under the kernel.
    stretches: Vec<usize>,
    /// Length of a stretch, in fours of values.
    fours: usize,
}

/// One padded image on its way to one output image.
struct Pass<'a> {
    layout: &'a Layout,
    image: &'a [f32],
    added: Option<&'a [f32]>,
    output: &'a mut [f32],
}

impl Layout {
    fn of(geometry: &Geometry, output: [usize; 2], padded_width: usize) -> Self {
        let starts = geometry.starts(output, padded_width);
        let (runs, fours) = (geometry.runs(padded_width), geometry.run_length().div_ceil(4));
        if geometry.depthwise() || fours >= LONG || runs.len() == 1 {
            return Self { starts, stretches: runs, fours };
        }
        let split = |run| (0..fours).map(move |four| run + four * 4);
        Self { starts, stretches: runs.into_iter().flat_map(split).collect(), fours: 1 }
    }

    /// Where the pixels of a tile from `pixel` begin, the last repeated beyond the end.
    fn tile(&self, pixel: usize, shift: usize) -> [usize; PIXELS] {
        from_fn(|p| self.starts[(pixel + p).min(self.starts.len() - 1)] + shift)
    }

    /// Values from a pixel's start to the end of its last stretch of `length`.
    fn reach(&self, length: usize) -> usize {
        self.stretches.last().map_or(0, |last| last + length)
    }
}

impl Convolution {
    /// Runs over `input`, images of `[height, width, channels in]` with `size` = `[height, width]`, adding
    /// `added`, of the output's shape, before clamping. Panics when the kernel does not fit `size`.
    pub fn run(&self, input: &[f32], size: [usize; 2], added: Option<&[f32]>, output: &mut [f32]) {
        let geometry = &self.geometry;
        let out = geometry.output(size).expect("output size was checked when the model was loaded");
        let layout = Layout::of(geometry, out, geometry.padded(size)[1]);
        let mut padded = self.frame(size);
        let each = out[0] * out[1] * geometry.channels_out;
        let images = input.chunks_exact(size[0] * size[1] * geometry.channels_in);
        for (i, (image, output)) in images.zip(output.chunks_exact_mut(each)).enumerate() {
            if let Some(padded) = &mut padded {
                geometry.pad(image, size, padded);
            }
            let added = added.map(|all| &all[i * each..][..each]);
            self.run_image(Pass { layout: &layout, image: padded.as_deref().unwrap_or(image), added, output });
        }
    }

    /// Zeros for a padded image, with room behind it to read whole fours; none where an image will do as it is.
    fn frame(&self, size: [usize; 2]) -> Option<Vec<f32>> {
        let (geometry, length) = (&self.geometry, self.geometry.run_length());
        let (padded, beyond) = (geometry.padded(size), length.next_multiple_of(4) - length);
        let needed = padded != size || (beyond > 0 && !geometry.depthwise());
        needed.then(|| vec![0.0; padded[0] * padded[1] * geometry.channels_in + beyond])
    }

    fn run_image(&self, mut pass: Pass) {
        match &self.weights {
            Weights::Dense(packed) => self.run_groups(&mut pass, packed),
            Weights::Depthwise(packed) => self.run_depthwise(&mut pass, packed),
        }
    }

    fn run_groups(&self, pass: &mut Pass, packed: &[Quad]) {
        let Layout { starts, stretches, fours } = pass.layout;
        let outputs = self.geometry.channels_out / self.geometry.groups;
        let panels = packed.chunks_exact(stretches.len() * fours);
        for block in (0..starts.len()).step_by(BLOCK) {
            let end = (block + BLOCK).min(starts.len());
            for (index, panel) in panels.clone().enumerate() {
                let (group, first) = (index / outputs.div_ceil(4), index % outputs.div_ceil(4) * 4);
                let channels = (group * outputs + first, (outputs - first).min(4));
                let shift = group * self.geometry.channels_in / self.geometry.groups;
                for pixel in (block..end).step_by(PIXELS) {
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
        let Layout { stretches, fours, .. } = pass.layout;
        let starts = pass.layout.tile(pixel, shift);
        let sums = match fours {
            1 => sum_fours(pass.image, starts, stretches, pass.layout.reach(4), panel),
            _ => sum_stretches(pass.image, starts, stretches, *fours, panel),
        };
        self.finish(pass, sums.map(|sum| [sum]), pixel, channel, channels);
    }

    fn run_depthwise(&self, pass: &mut Pass, packed: &[[[f32; 4]; VECTORS]]) {
        let Layout { starts, stretches: taps, .. } = pass.layout;
        let reach = pass.layout.reach(VECTORS * 4);
        for pixel in (0..starts.len()).step_by(PIXELS) {
            for (panel, weights) in packed.chunks_exact(taps.len()).enumerate() {
                let channel = panel * VECTORS * 4;
                let sums = sum_taps(pass.image, pass.layout.tile(pixel, channel), taps, reach, weights);
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

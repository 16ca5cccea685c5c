//! A whole convolution with what follows it: bias, an added image, and clamping, in one pass.

use super::finish::Finish;
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

/// Some output pixels, and what they are made of.
struct Block<'a> {
    /// Padded.
    images: &'a [f32],
    layout: &'a Layout,
    starts: &'a [usize],
    /// Index of the first of the pixels.
    first: usize,
}

impl Convolution {
    /// Runs over `input`, images of `[height, width, channels in]` with `size` = `[height, width]`, adding
    /// `added`, of the output's shape, before clamping. Panics when the kernel does not fit `size`.
    pub fn run(&self, input: &[f32], size: [usize; 2], added: Option<&[f32]>, output: &mut [f32]) {
        let images = input.len() / (size[0] * size[1] * self.geometry.channels_in);
        let padded = self.pad(input, images, size);
        let layout = Layout::of(&self.geometry, images, size);
        let images = padded.as_deref().unwrap_or(input);
        let (channels, bias, clamp) = (self.geometry.channels_out, self.bias.as_slice(), self.clamp);
        let mut finish = Finish { channels, bias, clamp, added, output };
        let pixels = (BLOCK / self.geometry.channels_in).next_multiple_of(PIXELS).max(PIXELS);
        for (i, starts) in layout.starts.chunks(pixels).enumerate() {
            let block = Block { images, layout: &layout, starts, first: i * pixels };
            match &self.weights {
                Weights::Dense(packed) => self.run_dense(packed, &block, &mut finish),
                Weights::Depthwise(packed) => run_depthwise(packed, &block, &mut finish),
            }
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

    fn run_dense(&self, packed: &[Quad], block: &Block, finish: &mut Finish) {
        let (groups, outputs) = (self.geometry.groups, self.geometry.channels_out / self.geometry.groups);
        let Layout { stretches, fours, .. } = block.layout;
        let panels = outputs.div_ceil(4);
        let mut sums = vec![[F32x4::splat(0.0); 1]; block.starts.len()];
        for (index, weights) in packed.chunks_exact(stretches.len() * fours).enumerate() {
            let (group, first) = (index / panels, index % panels * 4);
            let images = &block.images[group * self.geometry.channels_in / groups..];
            match fours {
                1 => sum_fours(images, block.starts, stretches, block.layout.reach(4), weights, &mut sums),
                _ => sum_stretches(images, block.starts, stretches, *fours, weights, &mut sums),
            }
            finish.write(&sums, block.first, group * outputs + first, (outputs - first).min(4));
        }
    }
}

fn run_depthwise(packed: &[[[f32; 4]; VECTORS]], block: &Block, finish: &mut Finish) {
    let (taps, reach) = (&block.layout.stretches, block.layout.reach(VECTORS * 4));
    let mut sums = vec![[F32x4::splat(0.0); VECTORS]; block.starts.len()];
    for (panel, weights) in packed.chunks_exact(taps.len()).enumerate() {
        let channel = panel * VECTORS * 4;
        sum_taps(&block.images[channel..], block.starts, taps, reach, weights, &mut sums);
        finish.write(&sums, block.first, channel, VECTORS * 4);
    }
}

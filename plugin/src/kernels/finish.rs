//! What follows a convolution's sums: bias, an added image, bounds, and the place in the output.

use std::array::from_fn;

use super::simd::F32x4;

/// Output images, `[pixels][channels]`, as they are written.
pub struct Finish<'a> {
    pub channels: usize,
    /// One value per channel.
    pub bias: &'a [f32],
    pub clamp: [f32; 2],
    /// Of the output's shape.
    pub added: Option<&'a [f32]>,
    pub output: &'a mut [f32],
}

impl Finish<'_> {
    /// Writes the first `count` channels from `channel` of as many pixels from `pixel` as there are sums.
    pub fn write<const V: usize>(&mut self, sums: &[[F32x4; V]], pixel: usize, channel: usize, count: usize) {
        let bias: [F32x4; V] = from_fn(|v| load(&self.bias[channel + v * 4..]));
        let [low, high] = self.clamp.map(F32x4::splat);
        for (p, sums) in sums.iter().enumerate() {
            let at = (pixel + p) * self.channels + channel;
            for (v, sum) in sums.iter().enumerate() {
                let sum = sum.add(bias[v]);
                let sum = self.added.map_or(sum, |added| sum.add(load(&added[at + v * 4..])));
                store(sum.clamp(low, high), &mut self.output[at + v * 4..], count - v * 4);
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

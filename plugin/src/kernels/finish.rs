//! What follows a convolution's sums: their scale, bias, an added image, bounds, and the place in the output.

use std::array::from_fn;

use super::simd::F32x4;

/// An output image, `[pixels][channels]`, as it is written.
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
    /// Writes the first `count` channels from `channel` of as many pixels from `pixel` as there are `sums`, which are
    /// multiplied by their channel's scale; sums beyond the last pixel are left out.
    // A function of its own: its constants are to stay in registers.
    #[inline(never)]
    pub fn write<const V: usize>(
        &mut self,
        sums: &[[F32x4; V]],
        scales: [F32x4; V],
        pixel: usize,
        channel: usize,
        count: usize,
    ) {
        let bias: [F32x4; V] = from_fn(|v| load(&self.bias[channel + v * 4..]));
        let [low, high] = self.clamp.map(F32x4::splat);
        let first = pixel * self.channels + channel;
        let rows = self.output[first..].chunks_mut(self.channels);
        for (p, (sums, row)) in sums.iter().zip(rows).enumerate() {
            for v in 0..V {
                let sum = sums[v].mul_add(scales[v], bias[v]);
                let at = first + p * self.channels + v * 4;
                let sum = self.added.map_or(sum, |added| sum.add(load(&added[at..])));
                store(sum.clamp(low, high), &mut row[v * 4..], count - v * 4);
            }
        }
    }
}

/// The first four values of `from`, or zeros where it ends.
#[inline(always)]
pub fn load(from: &[f32]) -> F32x4 {
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

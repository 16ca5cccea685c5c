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
        let rows = sums.iter().zip(self.output[first..].chunks_mut(self.channels));
        match self.added.map(|added| added[first..].chunks(self.channels)) {
            None if count == V * 4 => rows.for_each(|(sums, row)| {
                let row: &mut [[f32; 4]; V] = row.as_chunks_mut().0.first_chunk_mut().expect("a whole panel");
                (0..V).for_each(|v| sums[v].mul_add(scales[v], bias[v]).clamp(low, high).store(&mut row[v]));
            }),
            Some(added) if count == V * 4 => rows.zip(added).for_each(|((sums, row), added)| {
                let row: &mut [[f32; 4]; V] = row.as_chunks_mut().0.first_chunk_mut().expect("a whole panel");
                let added: &[[f32; 4]; V] = added.as_chunks().0.first_chunk().expect("a whole panel");
                let sum = |v: usize| sums[v].mul_add(scales[v], bias[v]).add(F32x4::load(&added[v]));
                (0..V).for_each(|v| sum(v).clamp(low, high).store(&mut row[v]));
            }),
            mut added => rows.for_each(|(sums, row)| {
                let added = added.as_mut().and_then(Iterator::next).unwrap_or_default();
                let mut panel = [[0.0; 4]; V];
                for (v, four) in panel.iter_mut().enumerate() {
                    let sum = sums[v].mul_add(scales[v], bias[v]).add(load(added.get(v * 4..).unwrap_or_default()));
                    sum.clamp(low, high).store(four);
                }
                row[..count].copy_from_slice(&panel.as_flattened()[..count]);
            }),
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

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
        let bias: [F32x4; V] = fours(&self.bias[channel..]);
        let [low, high] = self.clamp.map(F32x4::splat);
        let scaled = |sums: &[F32x4; V]| -> [F32x4; V] { from_fn(|v| sums[v].mul_add(scales[v], bias[v])) };
        let clamped = |sums: [F32x4; V]| sums.map(|sum| sum.clamp(low, high));
        let first = pixel * self.channels + channel;
        let rows = sums.iter().map(scaled).zip(self.output[first..].chunks_mut(self.channels));
        match self.added.map(|added| added[first..].chunks(self.channels)) {
            None => rows.for_each(|(sums, row)| store(clamped(sums), row, count)),
            Some(added) => rows.zip(added).for_each(|((sums, row), added)| {
                let added: [F32x4; V] = fours(added);
                store(clamped(from_fn(|v| sums[v].add(added[v]))), row, count);
            }),
        }
    }
}

/// The first values of `from`, and zeros where it ends.
#[inline(always)]
pub fn fours<const V: usize>(from: &[f32]) -> [F32x4; V] {
    match from.as_chunks().0.first_chunk::<V>() {
        Some(fours) => fours.each_ref().map(F32x4::load),
        None => from_fn(|v| F32x4::load(&from_fn(|i| from.get(v * 4 + i).copied().unwrap_or(0.0)))),
    }
}

/// Makes `sums` the first `count` values of `row`.
#[inline(always)]
fn store<const V: usize>(sums: [F32x4; V], row: &mut [f32], count: usize) {
    match row.as_chunks_mut().0.first_chunk_mut::<V>() {
        Some(fours) if count == V * 4 => sums.iter().zip(fours).for_each(|(sum, four)| sum.store(four)),
        _ => {
            let mut panel = [[0.0; 4]; V];
            sums.iter().zip(&mut panel).for_each(|(sum, four)| sum.store(four));
            row[..count].copy_from_slice(&panel.as_flattened()[..count]);
        }
    }
}

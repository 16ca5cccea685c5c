//! What follows a convolution's sums: their scale, bias, an added image, bounds, and the place in the output.

use std::array::from_fn;

use super::simd::{F32x4, I16x8};
use super::tile::PIXELS;

/// An output image, `[pixels][channels]`, as it is written.
pub struct Finish<'a, T> {
    pub channels: usize,
    /// One value per channel.
    pub bias: &'a [f32],
    pub clamp: [f32; 2],
    pub target: T,
}

/// `V × 4` channels of some pixels: what becomes of their sums.
pub struct Panel<const V: usize> {
    scales: [F32x4; V],
    bias: [F32x4; V],
    bounds: [F32x4; 2],
    /// Of the first value in the output.
    at: usize,
    /// Channels that there are.
    count: usize,
}

/// Where values are written.
pub trait Target {
    /// What a value of 1 is written as.
    fn unit(&self) -> f32;

    /// Writes the values of one pixel, but none beyond the last pixel.
    fn write<const V: usize>(&mut self, at: usize, values: [F32x4; V], panel: &Panel<V>);
}

pub struct Floats<'a>(pub &'a mut [f32]);

/// As whole numbers, each worth `level`; panels are whole.
pub struct Levels<'a> {
    pub output: &'a mut [i16],
    pub level: f32,
}

/// After another image, of the output's shape, is added.
pub struct Sum<'a> {
    pub output: &'a mut [f32],
    pub added: &'a [f32],
}

impl<T: Target> Finish<'_, T> {
    /// The first `count` channels from `channel`, of pixels from `pixel` on, whose sums are worth `scales`.
    pub fn panel<const V: usize>(&self, scales: [F32x4; V], pixel: usize, channel: usize, count: usize) -> Panel<V> {
        let unit = F32x4::splat(self.target.unit());
        Panel {
            scales: scales.map(|scale| scale.mul(unit)),
            bias: fours::<V>(&self.bias[channel..]).map(|bias| bias.mul(unit)),
            bounds: self.clamp.map(|bound| F32x4::splat(bound).mul(unit)),
            at: pixel * self.channels + channel,
            count,
        }
    }

    /// Writes the pixels of tile `nth`; those beyond the last pixel are left out.
    #[inline(always)]
    pub fn write<const V: usize>(&mut self, panel: &Panel<V>, nth: usize, sums: [[F32x4; V]; PIXELS]) {
        for (pixel, sums) in sums.into_iter().enumerate() {
            let at = panel.at + (nth * PIXELS + pixel) * self.channels;
            self.target.write(at, from_fn(|v| sums[v].mul_add(panel.scales[v], panel.bias[v])), panel);
        }
    }
}

impl<const V: usize> Panel<V> {
    #[inline(always)]
    fn clamped(&self, values: [F32x4; V]) -> [F32x4; V] {
        values.map(|value| value.clamp(self.bounds[0], self.bounds[1]))
    }
}

impl Target for Floats<'_> {
    fn unit(&self) -> f32 {
        1.0
    }

    #[inline(always)]
    fn write<const V: usize>(&mut self, at: usize, values: [F32x4; V], panel: &Panel<V>) {
        if let Some(row) = self.0.get_mut(at..) {
            store(panel.clamped(values), row, panel.count);
        }
    }
}

impl Target for Sum<'_> {
    fn unit(&self) -> f32 {
        1.0
    }

    #[inline(always)]
    fn write<const V: usize>(&mut self, at: usize, values: [F32x4; V], panel: &Panel<V>) {
        if let (Some(row), Some(added)) = (self.output.get_mut(at..), self.added.get(at..)) {
            let added: [F32x4; V] = fours(added);
            store(panel.clamped(from_fn(|v| values[v].add(added[v]))), row, panel.count);
        }
    }
}

impl Target for Levels<'_> {
    fn unit(&self) -> f32 {
        1.0 / self.level
    }

    #[inline(always)]
    fn write<const V: usize>(&mut self, at: usize, values: [F32x4; V], panel: &Panel<V>) {
        if let Some(fours) = self.output.get_mut(at..).and_then(|row| row.as_chunks_mut().0.first_chunk_mut::<V>()) {
            let values = panel.clamped(values).into_iter();
            values.zip(fours).for_each(|(value, four)| I16x8::nearest([value, value]).store_first(four));
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

/// Makes `sums` the first `count` values of `row`, if there are any.
#[inline(always)]
fn store<const V: usize>(sums: [F32x4; V], row: &mut [f32], count: usize) {
    match row.as_chunks_mut().0.first_chunk_mut::<V>() {
        Some(fours) if count == V * 4 => sums.iter().zip(fours).for_each(|(sum, four)| sum.store(four)),
        _ => {
            let mut panel = [[0.0; 4]; V];
            sums.iter().zip(&mut panel).for_each(|(sum, four)| sum.store(four));
            let values = &panel.as_flattened()[..count];
            row.iter_mut().zip(values).for_each(|(to, value)| *to = *value);
        }
    }
}

//! On plain arrays.

use std::array::from_fn;

use super::MAGIC;

#[derive(Clone, Copy)]
pub struct F32x4([f32; 4]);

impl F32x4 {
    #[inline(always)]
    pub fn load(from: &[f32; 4]) -> Self {
        Self(*from)
    }

    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self([value; 4])
    }

    #[inline(always)]
    pub fn store(self, to: &mut [f32; 4]) {
        *to = self.0;
    }

    #[inline(always)]
    pub fn mul_add(self, factor: Self, sum: Self) -> Self {
        Self(from_fn(|i| sum.0[i] + self.0[i] * factor.0[i]))
    }

    #[inline(always)]
    pub fn add(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] + other.0[i]))
    }

    #[inline(always)]
    pub fn clamp(self, low: Self, high: Self) -> Self {
        let clamp = |value: f32, low, high| {
            if value < low {
                low
            } else if value > high {
                high
            } else {
                value
            }
        };
        Self(from_fn(|i| clamp(self.0[i], low.0[i], high.0[i])))
    }

    #[inline(always)]
    pub fn mul(self, factor: Self) -> Self {
        Self(from_fn(|i| self.0[i] * factor.0[i]))
    }

    #[inline(always)]
    pub fn max_magnitude(self, other: Self) -> Self {
        Self(from_fn(|i| f32::from_bits(self.0[i].to_bits().max(other.0[i].abs().to_bits()))))
    }
}

#[derive(Clone, Copy)]
pub struct I16x8([i16; 8]);

impl I16x8 {
    #[inline(always)]
    pub fn load(from: &[i16; 8]) -> Self {
        Self(*from)
    }

    #[inline(always)]
    pub fn store(self, to: &mut [i16; 8]) {
        *to = self.0;
    }

    #[inline(always)]
    pub fn splat(value: i16) -> Self {
        Self([value; 8])
    }

    #[inline(always)]
    pub fn add(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }

    #[inline(always)]
    pub fn store_first(self, to: &mut [i16; 4]) {
        to.copy_from_slice(&self.0[..4]);
    }

    #[inline(always)]
    pub fn interleaved([a, b]: [Self; 2]) -> [Self; 2] {
        [0, 4].map(|from| Self(from_fn(|i| if i % 2 == 0 { a.0[from + i / 2] } else { b.0[from + i / 2] })))
    }

    #[inline(always)]
    pub fn nearest(values: [F32x4; 2]) -> Self {
        let whole = |value: f32| (value + MAGIC).to_bits().wrapping_sub(MAGIC.to_bits()) as i32;
        let narrow = |value: f32| whole(value).clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        Self(from_fn(|i| narrow(values[i / 4].0[i % 4])))
    }
}

#[derive(Clone, Copy)]
pub struct I32x4([i32; 4]);

impl I32x4 {
    #[inline(always)]
    pub fn zero() -> Self {
        Self([0; 4])
    }

    #[inline(always)]
    pub fn add_dot(self, a: I16x8, b: I16x8) -> Self {
        let product = |i: usize| i32::from(a.0[i]) * i32::from(b.0[i]);
        let dot = |i: usize| product(i * 2).wrapping_add(product(i * 2 + 1));
        Self(from_fn(|i| self.0[i].wrapping_add(dot(i))))
    }

    #[inline(always)]
    pub fn floats(self) -> F32x4 {
        F32x4(self.0.map(|lane| lane as f32))
    }

    #[inline(always)]
    pub fn sums(of: [Self; 4]) -> F32x4 {
        F32x4(of.map(|Self(lanes)| lanes.map(|lane| lane as f32)).map(|[a, b, c, d]| (a + c) + (b + d)))
    }
}

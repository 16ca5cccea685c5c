//! On the 128-bit SIMD of WebAssembly.

use core::arch::wasm32::{
    f32x4, f32x4_add, f32x4_convert_i32x4, f32x4_extract_lane, f32x4_mul, f32x4_pmax, f32x4_pmin, f32x4_splat, i16x8,
    i16x8_add, i16x8_extract_lane, i16x8_narrow_i32x4, i16x8_shuffle, i16x8_splat, i32x4_add, i32x4_dot_i16x8,
    i32x4_max, i32x4_shuffle, i32x4_splat, i32x4_sub, i64x2_extract_lane, v128, v128_and,
};

use super::MAGIC;

#[derive(Clone, Copy)]
pub struct F32x4(v128);

impl F32x4 {
    #[inline(always)]
    pub fn load(from: &[f32; 4]) -> Self {
        Self(f32x4(from[0], from[1], from[2], from[3]))
    }

    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self(f32x4_splat(value))
    }

    #[inline(always)]
    pub fn store(self, to: &mut [f32; 4]) {
        *to = [
            f32x4_extract_lane::<0>(self.0),
            f32x4_extract_lane::<1>(self.0),
            f32x4_extract_lane::<2>(self.0),
            f32x4_extract_lane::<3>(self.0),
        ];
    }

    #[inline(always)]
    pub fn mul_add(self, factor: Self, sum: Self) -> Self {
        Self(f32x4_add(sum.0, f32x4_mul(self.0, factor.0)))
    }

    #[inline(always)]
    pub fn add(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0))
    }

    /// What is not a number stays so.
    #[inline(always)]
    pub fn clamp(self, low: Self, high: Self) -> Self {
        Self(f32x4_pmin(f32x4_pmax(self.0, low.0), high.0))
    }

    #[inline(always)]
    pub fn mul(self, factor: Self) -> Self {
        Self(f32x4_mul(self.0, factor.0))
    }

    /// The larger of each value, none below zero, and each magnitude in `other`; what is not a number is the largest.
    #[inline(always)]
    pub fn max_magnitude(self, other: Self) -> Self {
        Self(i32x4_max(self.0, v128_and(other.0, i32x4_splat(i32::MAX))))
    }
}

#[derive(Clone, Copy)]
pub struct I16x8(v128);

impl I16x8 {
    #[inline(always)]
    pub fn load(from: &[i16; 8]) -> Self {
        Self(i16x8(from[0], from[1], from[2], from[3], from[4], from[5], from[6], from[7]))
    }

    #[inline(always)]
    pub fn store(self, to: &mut [i16; 8]) {
        *to = [
            i16x8_extract_lane::<0>(self.0),
            i16x8_extract_lane::<1>(self.0),
            i16x8_extract_lane::<2>(self.0),
            i16x8_extract_lane::<3>(self.0),
            i16x8_extract_lane::<4>(self.0),
            i16x8_extract_lane::<5>(self.0),
            i16x8_extract_lane::<6>(self.0),
            i16x8_extract_lane::<7>(self.0),
        ];
    }

    #[inline(always)]
    pub fn splat(value: i16) -> Self {
        Self(i16x8_splat(value))
    }

    #[inline(always)]
    pub fn add(self, other: Self) -> Self {
        Self(i16x8_add(self.0, other.0))
    }

    /// The first four values.
    #[inline(always)]
    pub fn store_first(self, to: &mut [i16; 4]) {
        let four = i64x2_extract_lane::<0>(self.0);
        *to = [four as i16, (four >> 16) as i16, (four >> 32) as i16, (four >> 48) as i16];
    }

    /// A value of the first, one of the second, and so on.
    #[inline(always)]
    pub fn interleaved(of: [Self; 2]) -> [Self; 2] {
        let [a, b] = of.map(|eight| eight.0);
        [Self(i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(a, b)), Self(i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(a, b))]
    }

    /// The nearest whole numbers, an even one where two are as near; for magnitudes under 2²².
    #[inline(always)]
    pub fn nearest(values: [F32x4; 2]) -> Self {
        let magic = f32x4_splat(MAGIC);
        let [low, high] = values.map(|values| i32x4_sub(f32x4_add(values.0, magic), magic));
        Self(i16x8_narrow_i32x4(low, high))
    }
}

#[derive(Clone, Copy)]
pub struct I32x4(v128);

impl I32x4 {
    #[inline(always)]
    pub fn zero() -> Self {
        Self(i32x4_splat(0))
    }

    /// Adds to each lane the products of two pairs, one after the other in the vectors.
    #[inline(always)]
    pub fn add_dot(self, a: I16x8, b: I16x8) -> Self {
        Self(i32x4_add(self.0, i32x4_dot_i16x8(a.0, b.0)))
    }

    #[inline(always)]
    pub fn floats(self) -> F32x4 {
        F32x4(f32x4_convert_i32x4(self.0))
    }

    /// The sum of each vector's lanes, in f32: `(0 + 2) + (1 + 3)`.
    #[inline(always)]
    pub fn sums(of: [Self; 4]) -> F32x4 {
        let of = of.map(|sums| f32x4_convert_i32x4(sums.0));
        let pairs = |a: v128, b: v128| f32x4_add(i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
        let (ab, cd) = (pairs(of[0], of[1]), pairs(of[2], of[3]));
        F32x4(f32x4_add(i32x4_shuffle::<0, 1, 4, 5>(ab, cd), i32x4_shuffle::<2, 3, 6, 7>(ab, cd)))
    }
}

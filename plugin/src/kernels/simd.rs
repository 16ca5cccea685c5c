//! Vectors of four f32 or eight 16-bit integers, without `unsafe`: the 128-bit SIMD of WebAssembly, or plain arrays elsewhere.
//! Both round every operation alike, so results are equal bit for bit.

#[cfg(all(target_family = "wasm", target_feature = "simd128"))]
mod lanes {
    use core::arch::wasm32::{
        f32x4, f32x4_add, f32x4_convert_i32x4, f32x4_extract_lane, f32x4_mul, f32x4_pmax, f32x4_pmin, f32x4_splat,
        i16x8, i16x8_extract_lane, i16x8_narrow_i32x4, i32x4_add, i32x4_dot_i16x8, i32x4_max, i32x4_shuffle,
        i32x4_splat, i32x4_sub, v128, v128_and,
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

        /// The sum of each vector's lanes, in f32: `(0 + 2) + (1 + 3)`.
        #[inline(always)]
        pub fn sums(of: [Self; 4]) -> F32x4 {
            let of = of.map(|sums| f32x4_convert_i32x4(sums.0));
            let pairs =
                |a: v128, b: v128| f32x4_add(i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
            let (ab, cd) = (pairs(of[0], of[1]), pairs(of[2], of[3]));
            F32x4(f32x4_add(i32x4_shuffle::<0, 1, 4, 5>(ab, cd), i32x4_shuffle::<2, 3, 6, 7>(ab, cd)))
        }
    }
}

#[cfg(not(all(target_family = "wasm", target_feature = "simd128")))]
mod lanes {
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
        pub fn sums(of: [Self; 4]) -> F32x4 {
            F32x4(of.map(|Self(lanes)| lanes.map(|lane| lane as f32)).map(|[a, b, c, d]| (a + c) + (b + d)))
        }
    }
}

pub use lanes::{F32x4, I16x8, I32x4};

/// Added to a value of magnitude under 2²², it rounds that to the nearest whole number, in the lowest bits of the sum.
const MAGIC: f32 = 12_582_912.0;

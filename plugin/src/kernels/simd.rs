//! Four f32 lanes, without `unsafe`: the 128-bit SIMD of WebAssembly, or plain arrays elsewhere.
//! Both round every operation alike, so results are equal bit for bit.

#[cfg(all(target_family = "wasm", target_feature = "simd128"))]
mod lanes {
    use core::arch::wasm32::{
        f32x4, f32x4_add, f32x4_extract_lane, f32x4_max, f32x4_min, f32x4_mul, f32x4_splat, i32x4_shuffle, v128,
    };

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

        /// The sum of each vector's lanes: `(0 + 2) + (1 + 3)`.
        #[inline(always)]
        pub fn sums(of: [Self; 4]) -> Self {
            let pairs =
                |a: v128, b: v128| f32x4_add(i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
            let (ab, cd) = (pairs(of[0].0, of[1].0), pairs(of[2].0, of[3].0));
            Self(f32x4_add(i32x4_shuffle::<0, 1, 4, 5>(ab, cd), i32x4_shuffle::<2, 3, 6, 7>(ab, cd)))
        }

        #[inline(always)]
        pub fn mul_add(self, factor: Self, sum: Self) -> Self {
            Self(f32x4_add(sum.0, f32x4_mul(self.0, factor.0)))
        }

        #[inline(always)]
        pub fn add(self, other: Self) -> Self {
            Self(f32x4_add(self.0, other.0))
        }

        #[inline(always)]
        pub fn clamp(self, low: Self, high: Self) -> Self {
            Self(f32x4_min(f32x4_max(self.0, low.0), high.0))
        }
    }
}

#[cfg(not(all(target_family = "wasm", target_feature = "simd128")))]
mod lanes {
    use std::array::from_fn;

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
        pub fn sums(of: [Self; 4]) -> Self {
            Self(of.map(|Self([a, b, c, d])| (a + c) + (b + d)))
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
            let clamp = |value: f32, low: f32, high: f32| if value.is_nan() { value } else { value.max(low).min(high) };
            Self(from_fn(|i| clamp(self.0[i], low.0[i], high.0[i])))
        }
    }
}

pub use lanes::F32x4;

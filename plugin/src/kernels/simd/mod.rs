//! Vectors of four f32 or eight 16-bit integers, without `unsafe`: the 128-bit SIMD of WebAssembly, or plain arrays elsewhere.
//! Both round every operation alike, so results are equal bit for bit.

#[cfg(not(all(target_family = "wasm", target_feature = "simd128")))]
mod plain;
#[cfg(all(target_family = "wasm", target_feature = "simd128"))]
mod wasm;

#[cfg(not(all(target_family = "wasm", target_feature = "simd128")))]
pub use plain::{F32x4, I16x8, I32x4};
#[cfg(all(target_family = "wasm", target_feature = "simd128"))]
pub use wasm::{F32x4, I16x8, I32x4};

/// Added to a value of magnitude under 2²², it rounds that to the nearest whole number, in the lowest bits of the sum.
const MAGIC: f32 = 12_582_912.0;

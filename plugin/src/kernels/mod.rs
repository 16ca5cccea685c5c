//! Convolutions with channels last, made for four-lane WebAssembly, as operators in tract's graphs.
//!
//! tract packs every convolution's input for its own matrix product; with channels last none is needed,
//! and what follows a convolution (bias, addition, clamp) costs no pass of its own.
//!
//! Convolutions run on 16-bit integers, twice as many products at a time as in f32. Each output channel's weights have a
//! scale, and so has each image; `levels` chooses both so that no sum of 32 bits can overflow. An image whose bounds are
//! known goes from one convolution to the next in integers (`chain`). Integer sums are exact and all else rounds as IEEE
//! 754 says, so that results are the same bits on every engine.

mod chain;
mod convolve;
mod dequantize;
#[cfg(test)]
mod exactness;
mod finish;
mod fusion;
mod geometry;
mod integers;
mod kernel;
mod layout;
mod levels;
mod op;
mod simd;
#[cfg(test)]
mod tests;
mod tile;
mod translate;
mod values;
mod weights;

pub use dequantize::Dequantize;
pub use translate::translate;

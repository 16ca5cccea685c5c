//! Convolutions with channels last, made for four-lane WebAssembly, as operators in tract's graphs.
//!
//! tract packs every convolution's input for its own matrix product; with channels last none is needed,
//! and what follows a convolution (bias, addition, clamp) costs no pass of its own.

mod convolve;
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
mod translate;
mod weights;

pub use translate::translate;

//! Veritag's detector. Built for wasm it is an Extism plugin; built natively, the same logic as a library.

pub mod decide;
pub mod explain;
#[cfg(target_family = "wasm")]
mod exports;
pub mod faces;
pub mod frames;
pub mod kernels;
pub mod model;
pub mod network;
pub mod plugin;
pub mod prepare;

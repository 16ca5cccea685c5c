//! The runner: serves the part `features` of a bundle by the Open Inference Protocol, over HTTP and gRPC, on whatever
//! ONNX Runtime can compute with. It sees crops of faces and no media. What is public is for the tests.

mod batch;
pub mod cli;
pub mod commands;
pub mod engine;
mod error;
pub mod export;
pub mod graph;
mod service;

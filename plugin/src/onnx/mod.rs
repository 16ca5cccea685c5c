//! ONNX graphs, read straight into tract's typed models.
//!
//! tract's own importer brings along every operator, the inference of unknown shapes and a second file
//! format; this one knows the operators that face networks are made of, and is told the input's shape.

mod attributes;
mod builder;
mod graph;
mod lstm;
mod operators;
mod panels;
mod pb;
mod tensor;

#[cfg(test)]
mod tests;

pub use graph::Graph;

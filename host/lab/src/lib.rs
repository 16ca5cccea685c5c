//! The laboratory: how well models do on labelled media, faces to train on, bundles of checkpoints.

pub mod cli;
pub mod commands;
mod dataset;
mod error;
mod evaluate;
mod export;
pub mod import;
#[cfg(test)]
#[path = "../../../tests/src/mutation.rs"]
mod mutation;
mod page;
pub mod self_test;

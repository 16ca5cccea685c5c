//! The laboratory: how well models do on labelled media, faces to train on, bundles of checkpoints.

pub mod cli;
pub mod commands;
mod dataset;
mod error;
mod evaluate;
mod export;
pub mod import;
mod page;
pub mod self_test;

//! Veritag: deepfake tags for media libraries.
//!
//! Data flows one way: probe → limits → sample → decode → sandbox → assessment → output.

pub mod assessment;
pub mod blame;
pub mod cli;
pub mod commands;
pub mod config;
pub mod error;
pub mod fetch;
pub mod files;
pub mod http;
pub mod inference;
pub mod ingest;
pub mod jobs;
pub mod media;
pub mod model;
pub mod output;
pub mod sandbox;
pub mod scan;
pub mod store;
pub mod tags;
pub mod watch;

//! Veritag: deepfake tags for media libraries.
//!
//! Data flows one way: probe → limits → sample → decode → prepare → infer → decide → assessment → tags and output. What is
//! public is for `veritag-lab` and the tests.

#[cfg(not(unix))]
compile_error!("Veritag runs on Unix only");

pub mod assessment;
pub mod blame;
mod calibration;
pub mod cli;
pub mod commands;
pub mod config;
pub mod credentials;
mod database;
pub mod error;
mod fetch;
pub mod files;
mod http;
pub mod inference;
mod ingest;
mod jobs;
pub mod media;
pub mod model;
#[cfg(test)]
#[path = "../../tests/src/mutation.rs"]
mod mutation;
pub mod open_inference;
pub mod output;
mod people;
mod queue;
mod records;
mod review;
pub mod runner;
pub mod sandbox;
pub mod scan;
mod tags;
pub mod tools;
mod upload_event;
mod watch;
mod webhooks;

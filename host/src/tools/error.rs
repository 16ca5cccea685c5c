//! What can go wrong with a program that we run.

use std::{io, path::PathBuf, time::Duration};

use crate::blame::diagnose;

#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    #[error("{program} was not found at {}; {advice}", looked.display())]
    NotFound { program: &'static str, looked: PathBuf, advice: &'static str },
    #[error("{} does not start: {source}; check that it is executable and made for this machine", program.display())]
    Unusable { program: PathBuf, source: io::Error },
    #[error("{} is version {version}, but 5.1 or newer is needed", program.display())]
    TooOld { program: PathBuf, version: String },
    #[error("{program} was stopped after {:.1} s, its time limit{}", after.as_secs_f64(), said(last_line))]
    Timeout { program: String, after: Duration, last_line: String },
    #[error("{program} failed: {why}")]
    Failed { program: String, why: String },
}

diagnose! { ToolError {
    Self::NotFound { .. } => "ffmpeg-not-found", Operator;
    Self::Unusable { .. } => "ffmpeg-unusable", Operator;
    Self::TooOld { .. } => "ffmpeg-too-old", Operator;
    // Media that keeps ffmpeg busy for ever will do so again.
    Self::Timeout { .. } => "ffmpeg-timeout", Uploader;
    Self::Failed { .. } => "ffmpeg-failed", Us;
}}

fn said(last_line: &str) -> String {
    if last_line.is_empty() { String::new() } else { format!("; its last words: {last_line}") }
}

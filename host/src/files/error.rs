//! What can go wrong with files that we find or write.

use std::io;
use std::path::{Path, PathBuf};

use crate::blame::diagnose;

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("{}: cannot write: {why}", path.display())]
    Unwritable { path: PathBuf, why: String },
    #[error("{}: not replaced, since it is not a Veritag report; name another file", path.display())]
    NotReport { path: PathBuf },
    #[error("{} is no export of Label Studio: {why}; export its tasks as JSON", path.display())]
    NoExport { path: PathBuf, why: String },
    #[error("{} has no labelled scores: {why}; it needs the columns `score` and `label`", path.display())]
    NoScores { path: PathBuf, why: String },
    #[error("cannot read the list of paths: {0}")]
    List(io::Error),
}

diagnose! { FileError {
    Self::Unwritable { .. } => "output-unwritable", Operator;
    Self::NotReport { .. } => "output-not-replaced", Operator;
    Self::NoExport { .. } => "review-no-export", Uploader;
    Self::NoScores { .. } => "calibrate-no-scores", Uploader;
    Self::List(_) => "config-bad-list", Operator;
}}

impl FileError {
    /// For `map_err` on what happens when `path` is written.
    pub fn unwritable(path: &Path) -> impl Fn(io::Error) -> Self {
        move |error| Self::Unwritable { path: path.to_owned(), why: error.to_string() }
    }
}

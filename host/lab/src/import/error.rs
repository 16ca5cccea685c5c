//! What can go wrong while a checkpoint is imported.

use std::path::PathBuf;

use thiserror::Error;

use veritag::diagnose;

/// A refused or failed import. The text says what failed, with what, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    #[error("checkpoint {path} cannot be opened: {source}; check the path and its permissions")]
    NotFound { path: PathBuf, source: std::io::Error },
    #[error("checkpoint cannot be read: {0}; copy or download it again, or save it again with a current torch.save")]
    Unreadable(String),
    #[error(
        "checkpoint refused: {0}; nothing in it was run; do not open it with PyTorch, and ask its author for a .safetensors file"
    )]
    Hostile(String),
    #[error("checkpoint not supported: {0}")]
    Unsupported(String),
    #[error("checkpoint lacks {}; a ResNeXt (bottleneck blocks) + LSTM + Linear network is expected, save its whole state_dict", names(.0))]
    Missing(Vec<String>),
    #[error("checkpoint has more than a ResNeXt + LSTM + Linear network: {}; import would change what the model computes", names(.0))]
    Extra(Vec<String>),
    #[error(
        "tensor `{name}` has shape {found:?} where {expected} is expected; the network is not of the ResNeXt + LSTM family"
    )]
    Shape { name: String, found: Vec<usize>, expected: String },
    #[error("import option is wrong: {0}")]
    Option(String),
    #[error("cannot write {path}: {source}; check that the directory is writable and the disk not full")]
    Write { path: PathBuf, source: std::io::Error },
}

diagnose! { ImportError {
    Self::NotFound { .. } => "model-not-found", Operator;
    Self::Unreadable(_) => "model-checkpoint-unreadable", Operator;
    Self::Hostile(_) => "model-checkpoint-hostile", Operator;
    Self::Unsupported(_) => "model-checkpoint-unsupported", Operator;
    Self::Missing(_) => "model-checkpoint-incomplete", Operator;
    Self::Extra(_) => "model-checkpoint-extra", Operator;
    Self::Shape { .. } => "model-checkpoint-shape", Operator;
    Self::Option(_) => "model-import-option", Operator;
    Self::Write { .. } => "model-not-writable", Operator;
}}

pub(super) type Result<T, E = ImportError> = std::result::Result<T, E>;

pub(super) fn unreadable<T>(why: impl std::fmt::Display) -> Result<T> {
    Err(ImportError::Unreadable(why.to_string()))
}

pub(super) fn unsupported<T>(why: impl std::fmt::Display) -> Result<T> {
    Err(ImportError::Unsupported(why.to_string()))
}

const SHOWN: usize = 8;

fn names(all: &[String]) -> String {
    let shown: Vec<String> = all.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let rest = all.len().saturating_sub(SHOWN);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    shown.join(", ") + &more
}

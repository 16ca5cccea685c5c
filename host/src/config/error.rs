//! What is wrong with the configuration.

use std::path::PathBuf;

use crate::blame::diagnose;

#[derive(Clone, Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{}: cannot read it: {why}", path.display())]
    Unreadable { path: PathBuf, why: String },
    /// Says line, column and key itself.
    #[error("{}: {why}", path.display())]
    Wrong { path: PathBuf, why: String },
    #[error("the environment variable {name}: {why}")]
    Variable { name: String, why: String },
    #[error("{key}: {why}")]
    Invalid { key: String, why: String },
    #[error("a secret is expected in {from}: {why}")]
    Secret { from: String, why: String },
}

diagnose! { ConfigError {
    Self::Unreadable { .. } => "config-unreadable", Operator;
    Self::Wrong { .. } | Self::Variable { .. } => "config-wrong", Operator;
    Self::Invalid { .. } => "config-invalid", Operator;
    Self::Secret { .. } => "config-no-secret", Operator;
}}

impl ConfigError {
    pub fn invalid(key: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Invalid { key: key.into(), why: why.to_string() }
    }
}

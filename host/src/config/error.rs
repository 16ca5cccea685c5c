//! What is wrong with the configuration.

use std::path::PathBuf;

use crate::blame::Blame;

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{}: cannot read it: {why}", path.display())]
    Unreadable { path: PathBuf, why: String },
    /// Says line, column and key itself.
    #[error("{}: {why}", path.display())]
    Wrong { path: PathBuf, why: String },
    #[error("the environment variable {name}: {why}")]
    Variable { name: String, why: String },
    #[error("{key}: {why}")]
    Senseless { key: String, why: String },
    #[error("a secret is expected in {place}: {why}")]
    Secret { place: String, why: String },
}

impl ConfigError {
    /// Stable kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config-unreadable",
            Self::Wrong { .. } | Self::Variable { .. } => "config-wrong",
            Self::Senseless { .. } => "config-senseless",
            Self::Secret { .. } => "config-no-secret",
        }
    }

    pub fn blame(&self) -> Blame {
        Blame::Operator
    }
}

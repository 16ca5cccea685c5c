//! Every error of the host, with its stable code and whose turn it is.

use std::path::PathBuf;

use crate::blame::Blame;
use crate::import::ImportError;
use crate::labels::LabelsError;
use crate::media::error::MediaError;
use crate::model::ModelError;
use crate::sandbox::PluginError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Media(#[from] MediaError),
    #[error(transparent)]
    Plugin(#[from] PluginError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("{}: cannot write: {why}", path.display())]
    Output { path: PathBuf, why: String },
    #[error("cannot read the list of paths: {0}")]
    List(std::io::Error),
    #[error(transparent)]
    Labels(#[from] LabelsError),
    #[error("a bug in Veritag; please report it, with the file if you may")]
    Bug,
}

impl Error {
    /// Stable kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Media(error) => error.code(),
            Self::Plugin(error) => error.code(),
            Self::Model(error) => error.code(),
            Self::Import(error) => error.code(),
            Self::Output { .. } => "output-unwritable",
            Self::List(_) => "config-bad-list",
            Self::Labels(error) => error.code(),
            Self::Bug => "internal-bug",
        }
    }

    pub fn blame(&self) -> Blame {
        match self {
            Self::Media(error) => error.blame(),
            Self::Plugin(error) => error.blame(),
            Self::Model(error) => error.blame(),
            Self::Import(_) => Blame::Operator,
            Self::Output { .. } | Self::List(_) | Self::Labels(_) => Blame::Operator,
            Self::Bug => Blame::Us,
        }
    }

    /// The reason that an assessment gives: what is wrong with the asset, or `failed` when the fault is ours.
    pub fn reason(&self) -> String {
        match self.code().strip_prefix("media-") {
            Some(seen) => seen.replace('-', "_"),
            None => "failed".into(),
        }
    }
}

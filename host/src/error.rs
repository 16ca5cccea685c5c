//! Every error of the host, with its stable code and whose turn it is.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::blame::Blame;
use crate::config::ConfigError;
use crate::fetch::FetchError;
use crate::files::FileError;
use crate::import::ImportError;
use crate::ingest::HookError;
use crate::labels::LabelsError;
use crate::media::error::MediaError;
use crate::model::ModelError;
use crate::sandbox::PluginError;
use crate::store::StoreError;
use crate::tags::TagError;

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
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Tag(#[from] TagError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Hook(#[from] HookError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("{}: cannot watch it: {why}", path.display())]
    Watch { path: PathBuf, why: String },
    #[error("cannot listen on {address}: {why}; choose another address with --listen")]
    Listen { address: SocketAddr, why: String },
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
            Self::File(error) => error.code(),
            Self::Tag(error) => error.code(),
            Self::Config(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Hook(error) => error.code(),
            Self::Fetch(error) => error.code(),
            Self::Watch { .. } => "config-unwatchable",
            Self::Listen { .. } => "config-bad-address",
            Self::Labels(error) => error.code(),
            Self::Bug => "internal-bug",
        }
    }

    pub fn blame(&self) -> Blame {
        match self {
            Self::Media(error) => error.blame(),
            Self::Plugin(error) => error.blame(),
            Self::Fetch(error) => error.blame(),
            Self::Model(error) => error.blame(),
            Self::Import(_)
            | Self::Config(_)
            | Self::Store(_)
            | Self::Hook(_)
            | Self::Watch { .. }
            | Self::Listen { .. } => Blame::Operator,
            Self::File(error) => error.blame(),
            Self::Tag(error) => error.blame(),
            Self::Labels(_) => Blame::Operator,
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

/// An error, and what it comes from.
pub fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// An error in words, with what it comes from.
pub fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

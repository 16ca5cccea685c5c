//! What can go wrong in the runner.

use std::net::SocketAddr;
use std::path::PathBuf;

use veritag::diagnose;
use veritag::files::FileError;
use veritag::model::ModelError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Host(#[from] veritag::error::Error),
    #[error("no {name} beside the program or in {looked}; `make runner` fetches it, or name it with --{option}")]
    NoLibrary { name: &'static str, looked: String, option: &'static str },
    #[error("{}: {why}; fetch it anew with `make runner`, or name another", path.display())]
    BadLibrary { path: PathBuf, why: String },
    #[error("{provider} cannot compute the model: {why}")]
    Engine { provider: String, why: String },
    #[error("model `{name}`: its part `features` {why}")]
    Graph { name: String, why: String },
    #[error("cannot listen on {address}: {why}; choose another address with --listen")]
    Listen { address: SocketAddr, why: String },
    #[error("{} is not empty: choose a new directory", path.display())]
    NotEmpty { path: PathBuf },
}

diagnose! { Error {
    Self::NoLibrary { .. } => "runner-no-library", Operator;
    Self::BadLibrary { .. } => "runner-bad-library", Operator;
    Self::Engine { .. } => "runner-engine-failed", Operator;
    Self::Graph { .. } => "model-unusable", Plugin;
    Self::Listen { .. } => "config-bad-address", Operator;
    Self::NotEmpty { .. } => "output-not-empty", Operator;
} wraps Host }

impl From<ModelError> for Error {
    fn from(error: ModelError) -> Self {
        Self::Host(error.into())
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::Host(error.into())
    }
}

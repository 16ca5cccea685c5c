//! What can go wrong in the laboratory.

use veritag::diagnose;
use veritag::files::FileError;
use veritag::model::ModelError;
use veritag::sandbox::PluginError;

use crate::dataset::DatasetError;
use crate::import::ImportError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Host(#[from] veritag::error::Error),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Import(#[from] ImportError),
}

diagnose! { Error {} wraps Host, Dataset, Import }

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::Host(error.into())
    }
}

impl From<ModelError> for Error {
    fn from(error: ModelError) -> Self {
        Self::Host(error.into())
    }
}

impl From<PluginError> for Error {
    fn from(error: PluginError) -> Self {
        Self::Host(error.into())
    }
}

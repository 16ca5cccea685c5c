//! Why an asset cannot be fetched.

use crate::blame::diagnose;

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("it may not be read: {why}")]
    Forbidden { why: String },
    #[error("its source {0:?} is not configured in this process")]
    Elsewhere(String),
    #[error("it is not there")]
    NotFound,
    #[error("it is a folder, which some stores keep as an empty object, and no upload")]
    Folder,
    #[error("it has more than {max} bytes")]
    TooLarge { max: u64 },
    #[error("nothing more of it came within a minute; send it again")]
    Silent,
    #[error("it cannot be reached: {why}")]
    Unreachable { why: String },
    #[error("no copy of it can be kept while it is scanned: {why}; is the disk of `spool` full?")]
    Spool { why: String },
    #[error("`spool` holds {max} bytes already, as many as it may")]
    Full { max: u64 },
}

diagnose! { FetchError {
    Self::Forbidden { .. } => "fetch-forbidden", Uploader;
    Self::Elsewhere(_) => "fetch-elsewhere", Operator;
    Self::NotFound => "fetch-not-found", Operator;
    Self::Folder => "fetch-folder", Uploader;
    Self::TooLarge { .. } => "fetch-too-large", Uploader;
    Self::Silent => "fetch-silent", Operator;
    Self::Unreachable { .. } => "fetch-unreachable", Operator;
    Self::Spool { .. } => "fetch-no-space", Operator;
    Self::Full { .. } => "fetch-spool-full", Operator;
}}

impl FetchError {
    pub fn forbidden(why: impl Into<String>) -> Self {
        Self::Forbidden { why: why.into() }
    }

    pub fn unreachable(why: impl std::fmt::Display) -> Self {
        Self::Unreachable { why: why.to_string() }
    }

    pub fn spool(error: std::io::Error) -> Self {
        Self::Spool { why: error.to_string() }
    }
}

//! Why an asset cannot be got at.

use crate::blame::Blame;

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("it may not be read: {why}")]
    Forbidden { why: String },
    #[error("its source {0:?} is not configured in this process")]
    Elsewhere(String),
    #[error("it is not there")]
    NotFound,
    #[error("it has more than {most} bytes")]
    TooLarge { most: u64 },
    #[error("it cannot be reached: {why}")]
    Unreachable { why: String },
    #[error("no copy of it can be kept while it is looked at: {why}; is the disk of `spool` full?")]
    Spool { why: String },
    #[error("`spool` holds {most} bytes already, as many as it may")]
    Full { most: u64 },
}

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

    /// Stable kebab-case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Forbidden { .. } => "fetch-forbidden",
            Self::Elsewhere(_) => "fetch-elsewhere",
            Self::NotFound => "fetch-not-found",
            Self::TooLarge { .. } => "fetch-too-large",
            Self::Unreachable { .. } => "fetch-unreachable",
            Self::Spool { .. } => "fetch-no-space",
            Self::Full { .. } => "fetch-spool-full",
        }
    }

    pub fn blame(&self) -> Blame {
        match self {
            Self::NotFound | Self::TooLarge { .. } => Blame::Uploader,
            Self::Forbidden { .. }
            | Self::Elsewhere(_)
            | Self::Unreachable { .. }
            | Self::Spool { .. }
            | Self::Full { .. } => Blame::Operator,
        }
    }

    /// Whether trying again later may help.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::NotFound | Self::Unreachable { .. } | Self::Spool { .. } | Self::Full { .. })
    }
}

//! Why tags are not written or taken back.

use std::path::PathBuf;

use crate::blame::diagnose;
use crate::files::FileError;

#[derive(Debug, thiserror::Error)]
pub enum TagError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{}: not tagged, since it cannot be read as XMP and is left as it is: {why}", path.display())]
    NoXmp { path: PathBuf, why: String },
    #[error("{}: left as it is, since it is no assessment of Veritag's", path.display())]
    NotOurs { path: PathBuf },
    #[error(
        "{place}: not removed, since this version does not know what `{target}` tags are; use the one that wrote it"
    )]
    UnknownTarget { target: String, place: String },
}

diagnose! { TagError {
    Self::NoXmp { .. } | Self::NotOurs { .. } => "tags-bad-sidecar", Operator;
    Self::UnknownTarget { .. } => "tags-unknown-target", Operator;
} wraps File }

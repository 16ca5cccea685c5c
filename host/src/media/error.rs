//! What can go wrong between a file and its frames.

use std::{io, path::PathBuf};

use crate::blame::diagnose;
use crate::tools::ToolError;

/// Every message says what failed, with what, and what to do where something can be done.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("{} is not there", .0.display())]
    NotFound(PathBuf),

    #[error("{} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },

    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),

    #[error("{} is empty", .0.display())]
    Empty(PathBuf),

    #[error("{} is not a kind of file that Veritag reads: {why}", path.display())]
    Unsupported { path: PathBuf, why: String },

    #[error("{} holds no video or picture", .0.display())]
    NoVideo(PathBuf),

    #[error("{} cannot be decoded: {why}", path.display())]
    Undecodable { path: PathBuf, why: String },

    #[error("{} has {bytes} bytes, more than the limit of {limit}", path.display())]
    TooLarge { path: PathBuf, bytes: u64, limit: u64 },

    #[error("{} has more than {limit} pixels{size}", path.display())]
    TooManyPixels { path: PathBuf, size: String, limit: u64 },

    #[error(transparent)]
    Tool(#[from] ToolError),
}

diagnose! { MediaError {
    Self::NotFound(_) => "media-not-found", Operator, NotFound;
    Self::Unreadable { .. } | Self::NotAFile(_) => "media-unreadable", Operator, Unreadable;
    Self::Empty(_) => "media-empty", Uploader, Empty;
    Self::Unsupported { .. } => "media-unsupported", Uploader, Unsupported;
    Self::NoVideo(_) => "media-no-video", Uploader, NoVideo;
    Self::Undecodable { .. } => "media-undecodable", Uploader, Undecodable;
    Self::TooLarge { .. } => "media-too-large", Uploader, TooLarge;
    Self::TooManyPixels { .. } => "media-too-many-pixels", Uploader, TooManyPixels;
} wraps Tool }

//! Whether a file has changed.

use std::fs::{Metadata, metadata};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// What tells the content of a file from an earlier one: its size and time of change. None if it is no file.
pub fn version(path: &Path) -> Option<String> {
    let metadata = metadata(path).ok().filter(Metadata::is_file)?;
    let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {}", metadata.len(), changed.as_nanos()))
}

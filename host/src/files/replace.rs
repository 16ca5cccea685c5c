//! Writing a file in one step: a reader sees the old one or the new one, whole.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use super::FileError;

/// Replaces the file at `path` by `bytes` and a line's end.
///
/// # Errors
/// [`FileError::Unwritable`].
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let write = || {
        let mut file = beside(path)?;
        file.write_all(bytes)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)
    };
    write().map(drop).map_err(FileError::unwritable(path))
}

/// Says early that [`replace`] would fail, before work is done for it.
///
/// # Errors
/// [`FileError::Unwritable`] when the directory of `path` cannot be written to.
pub fn check_writable(path: &Path) -> Result<(), FileError> {
    beside(path).map(drop).map_err(FileError::unwritable(path))
}

/// A temporary file in the same directory, with the permissions that a new file usually gets, less the user's umask.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Builder::new().prefix(".veritag").permissions(Permissions::from_mode(0o666)).tempfile_in(directory)
}

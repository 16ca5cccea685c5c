//! Writing a file in one step: a reader sees the old one or the new one, whole.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::FileError;
use super::beside::beside;

/// Replaces the file at `path` by `bytes` and a line's end. Where it is a link, what it points to is replaced; its mode
/// and, as far as that is allowed, its owner and group stay.
///
/// # Errors
/// [`FileError::Unwritable`], also where the file is there and may not be written.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let write = || {
        let path = target(path);
        let Some(there) = writable(&path)? else { return persist(beside(&path)?, &path, bytes) };
        if !there.is_file() {
            return OpenOptions::new().write(true).open(&path)?.write_all(&[bytes, b"\n"].concat());
        }
        let file = beside(&path)?;
        keep_owner(file.as_file(), &there);
        file.as_file().set_permissions(there.permissions())?;
        persist(file, &path, bytes)
    };
    write().map_err(FileError::unwritable(path))
}

/// Removes the file at `path`.
///
/// # Errors
/// [`FileError::Unwritable`], also where it may not be written.
pub fn remove(path: &Path) -> Result<(), FileError> {
    writable(path).and_then(|_| fs::remove_file(path)).map_err(FileError::unwritable(path))
}

fn persist(mut file: NamedTempFile, path: &Path, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Where the links at `path` lead, if anywhere.
fn target(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// What is at `path`, if it is there and may be written, which root may whatever the mode says.
fn writable(path: &Path) -> io::Result<Option<Metadata>> {
    let there = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        there => there?,
    };
    if there.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    if there.is_file() {
        OpenOptions::new().append(true).open(path)?;
    }
    Ok(Some(there))
}

/// Root alone may give files away; anybody may give theirs to a group of their own.
fn keep_owner(file: &fs::File, there: &Metadata) {
    if fchown(file, Some(there.uid()), Some(there.gid())).is_err() {
        let _ = fchown(file, None, Some(there.gid()));
    }
}

/// Says early that [`replace`] would fail, before work is done for it.
///
/// # Errors
/// [`FileError::Unwritable`] when the directory of `path` cannot be written to.
pub fn check_writable(path: &Path) -> Result<(), FileError> {
    beside(path).map(drop).map_err(FileError::unwritable(path))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn mode_and_links_stay_and_what_is_read_only_too() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("real"), "old").unwrap();
        fs::set_permissions(at("real"), Permissions::from_mode(0o660)).unwrap();
        symlink("real", at("link")).unwrap();
        replace(&at("link"), b"new").unwrap();
        assert!(at("link").is_symlink());
        assert_eq!(fs::read_to_string(at("real")).unwrap(), "new\n");
        assert_eq!(fs::metadata(at("real")).unwrap().mode() & 0o777, 0o660);
        fs::set_permissions(at("real"), Permissions::from_mode(0o444)).unwrap();
        for refused in [replace(&at("real"), b"newer"), remove(&at("real"))] {
            assert!(refused.unwrap_err().to_string().contains("read-only"));
        }
        assert_eq!(fs::read_to_string(at("real")).unwrap(), "new\n");
    }
}

//! The temporary file that becomes another one. Its name follows from the other's, so that the next writer of the same
//! file replaces what a killed process left.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::Duration;

use tempfile::{Builder, NamedTempFile};

use super::hash::sha256;

/// How often a writer tries for the name, and how long it waits between, while another writes the same file.
const ATTEMPTS: usize = 1000;
const PAUSE: Duration = Duration::from_millis(10);

/// An empty hidden file in the directory of `path`, with the permissions that a new file usually gets, less the user's
/// umask. There is one for each path at a time.
///
/// # Errors
/// Those of the file system; [`ErrorKind::WouldBlock`] when others write the same file for ten seconds.
pub fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let name = sha256(path.file_name().unwrap_or_default().as_bytes());
    let prefix = format!(".veritag-{}", &name[..16]);
    Builder::new().prefix(&prefix).rand_bytes(0).make_in(parent(path), claim)
}

/// The directory that `path` is in.
pub fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn claim(path: &Path) -> io::Result<File> {
    for _ in 0..ATTEMPTS {
        match OpenOptions::new().write(true).create_new(true).mode(0o666).open(path) {
            Ok(file) if holds(&file, path) => return Ok(file),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => clear(path)?,
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(ErrorKind::WouldBlock, "another process is writing it"))
}

/// Removes what a killed process left, or waits a moment for one that is alive. NFS locks only what is open for writing.
fn clear(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(path).or_else(|_| File::open(path)) {
        Ok(file) if holds(&file, path) => fs::remove_file(path),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => {
            thread::sleep(PAUSE);
            Ok(())
        }
    }
}

/// Locks `file` until it is closed or its process ends; false where another has it, or it is no longer at `path`. Where
/// the file system has no locks, everybody seems to have it.
fn holds(file: &File, path: &Path) -> bool {
    let place = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let is_locked = !matches!(file.try_lock(), Err(TryLockError::WouldBlock));
    is_locked && file.metadata().map(place).ok() == fs::symlink_metadata(path).map(place).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::replace;

    fn names(directory: &Path) -> Vec<String> {
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn what_a_killed_writer_left_is_replaced_by_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.jpg.veritag.json");
        let (file, left) = beside(&path).unwrap().keep().unwrap();
        drop(file);
        fs::write(left, "half of it").unwrap();
        replace(&path, b"whole").unwrap();
        assert_eq!(names(directory.path()), ["a.jpg.veritag.json"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole\n");
    }

    #[test]
    fn writers_of_one_file_wait_for_each_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.xmp");
        let texts = ["a", "b", "c", "d"].map(|letter| letter.repeat(100_000));
        thread::scope(|scope| {
            for text in &texts {
                scope.spawn(|| (0..50).for_each(|_| replace(&path, text.as_bytes()).unwrap()));
            }
            for _ in 0..200 {
                let read = fs::read_to_string(&path).unwrap_or_else(|_| format!("{}\n", texts[0]));
                assert!(texts.iter().any(|text| read.trim_end() == text), "{} bytes", read.len());
            }
        });
        assert_eq!(names(directory.path()), ["a.xmp"]);
    }
}

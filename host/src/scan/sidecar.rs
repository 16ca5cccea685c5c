//! `clip.mp4.veritag.json`, beside the asset.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::assessment::Assessment;
use crate::error::Error;

/// Where the assessment of `asset` is kept.
pub fn path_of(asset: &Path) -> PathBuf {
    let mut name: OsString = asset.as_os_str().to_owned();
    name.push(".veritag.json");
    name.into()
}

/// Writes `assessment` beside `asset` in one step: a reader sees the old document or the new one, whole.
/// The asset itself is not opened.
///
/// # Errors
/// [`Error::Output`] when its directory cannot be written to.
pub fn write(asset: &Path, assessment: &Assessment) -> Result<PathBuf, Error> {
    let path = path_of(asset);
    replace(&path, &serde_json::to_vec_pretty(assessment).expect("plain data serializes"))?;
    Ok(path)
}

/// Replaces the file at `path` by `bytes` and a line's end, in one step.
///
/// # Errors
/// [`Error::Output`] when it cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || {
        let mut file = beside(path)?;
        file.write_all(bytes)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)
    };
    write().map(drop).map_err(|error| unwritable(path, &error))
}

/// Says early that [`replace`] would fail, before work is done for it.
///
/// # Errors
/// [`Error::Output`] when the directory of `path` cannot be written to.
pub fn check(path: &Path) -> Result<(), Error> {
    beside(path).map(drop).map_err(|error| unwritable(path, &error))
}

/// What it means that `path` cannot be written.
pub fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::Output { path: path.to_owned(), why: error.to_string() }
}

fn beside(path: &Path) -> std::io::Result<NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::Builder::new().prefix(".veritag").permissions(permissions()).tempfile_in(directory)
}

/// What a new file usually gets, less the user's umask, rather than a temporary file's privacy.
#[cfg(unix)]
fn permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o666)
}

#[cfg(not(unix))]
fn permissions() -> std::fs::Permissions {
    std::fs::metadata(".").map(|m| m.permissions()).unwrap_or_else(|_| unreachable!("the current directory"))
}

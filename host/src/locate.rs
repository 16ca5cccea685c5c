//! Finding the manifest: flag or environment, beside the executable, then the checkout.

use std::path::{Path, PathBuf};

use crate::sandbox::{PluginError, PluginManifest};

const NAME: &str = "manifest.toml";

/// Reads the manifest named by `given` (the `--manifest` flag or `VERITAG_MANIFEST`), else the first found
/// beside the executable or in a directory above it or above the current one.
///
/// # Errors
/// [`PluginError::NoManifest`] when there is none, [`PluginError::Manifest`] when it is wrong.
pub fn manifest(given: Option<&Path>) -> Result<PluginManifest, PluginError> {
    if let Some(path) = given {
        return PluginManifest::read(path);
    }
    let found = candidates().into_iter().find(|path| path.is_file());
    let looked = || format!("{NAME} beside the executable, and in the directories above it and above the current one");
    PluginManifest::read(&found.ok_or_else(|| PluginError::NoManifest { looked: looked() })?)
}

fn candidates() -> Vec<PathBuf> {
    let executable = std::env::current_exe().ok();
    let beside = executable.iter().flat_map(|path| path.ancestors().skip(1)).map(Path::to_owned);
    let current = std::env::current_dir().ok();
    let above = current.iter().flat_map(|path| path.ancestors()).map(Path::to_owned);
    beside.chain(above).map(|directory| directory.join(NAME)).collect()
}

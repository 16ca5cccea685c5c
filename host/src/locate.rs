//! Finding the manifest: flag or environment, beside the executable, then the checkout.

use std::path::{Path, PathBuf};

use crate::sandbox::{PluginError, PluginManifest};

const NAME: &str = "manifest.toml";

/// Reads the manifest named by `given` (the `--manifest` flag or `VERITAG_MANIFEST`), else the one beside the
/// executable, else that of the checkout that holds the executable or the current directory. A directory of
/// uploads never decides which plugin runs.
///
/// # Errors
/// [`PluginError::NoManifest`] when there is none, [`PluginError::Manifest`] when it is wrong.
pub fn manifest(given: Option<&Path>) -> Result<PluginManifest, PluginError> {
    if let Some(path) = given {
        return PluginManifest::read(path);
    }
    let found = candidates().into_iter().find(|path| path.is_file());
    let looked = || format!("{NAME} beside the executable, and in the checkout");
    PluginManifest::read(&found.ok_or_else(|| PluginError::NoManifest { looked: looked() })?)
}

fn candidates() -> Vec<PathBuf> {
    let executable = std::env::current_exe().ok();
    let current = std::env::current_dir().ok();
    let beside = executable.iter().filter_map(|path| path.parent());
    let above = executable.iter().chain(&current).flat_map(|path| path.ancestors());
    let checkouts = above.filter(|directory| directory.join("plugin/abi/Cargo.toml").is_file());
    beside.chain(checkouts).map(|directory| directory.join(NAME)).collect()
}

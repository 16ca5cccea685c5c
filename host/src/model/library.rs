//! The directory of bundles: finding one, listing all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use veritag_abi::bundle::Bundle as Spec;

use super::bundle::{Bundle, MODEL_TOML, ModelError, read_spec};

/// Bundles beside one another, and the one to use when none is named.
#[derive(Clone, Debug)]
pub struct Library {
    pub directory: PathBuf,
    pub default: String,
    /// The sha256 that the `model.toml` in a directory must have, by its name.
    pub hashes: BTreeMap<String, String>,
}

impl Library {
    /// Reads the bundle called `name` (a directory's path works too), or the default one.
    ///
    /// # Errors
    /// [`ModelError`] when there is none, or it is not whole.
    pub fn read(&self, name: Option<&str>) -> Result<Bundle, ModelError> {
        let name = name.unwrap_or(&self.default);
        let directory = self.find(name)?;
        let bundle = Bundle::read(&directory)?;
        if let Some(expected) = self.hashes.get(&name_of(&directory)) {
            bundle.require_hash(expected)?;
        }
        Ok(bundle)
    }

    fn find(&self, name: &str) -> Result<PathBuf, ModelError> {
        let candidates = [self.directory.join(name), PathBuf::from(name)];
        let found = candidates.iter().find(|directory| !name.is_empty() && directory.join(MODEL_TOML).is_file());
        found.cloned().ok_or_else(|| ModelError::NotFound {
            name: name.to_owned(),
            looked: candidates.iter().map(|c| c.display().to_string()).collect::<Vec<_>>().join(", "),
        })
    }

    /// The directories with a `model.toml`, by name, and what each says of itself.
    pub fn list(&self) -> Vec<(PathBuf, Result<Spec, ModelError>)> {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut directories: Vec<PathBuf> =
            entries.map(|entry| entry.path()).filter(|p| p.join(MODEL_TOML).is_file()).collect();
        directories.sort();
        directories.into_iter().map(|directory| (directory.clone(), read_spec(&directory))).collect()
    }
}

/// The name to call a bundle by: its directory's.
pub fn name_of(directory: &Path) -> String {
    directory.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

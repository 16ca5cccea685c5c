//! `manifest.toml`: which module runs, and within which limits.

use std::path::{Path, PathBuf};

use extism::{Manifest, Wasm};

use super::fault::PluginError;
use crate::model::library::Library;

const NAME: &str = "manifest.toml";

/// A checked manifest, its paths resolved against its own directory.
#[derive(Clone, Debug)]
pub struct PluginManifest {
    pub path: PathBuf,
    pub manifest: Manifest,
}

impl PluginManifest {
    /// Reads the manifest named by `given` (the `--manifest` flag or `VERITAG_MANIFEST`), else the one beside the
    /// executable, else that of the checkout that holds the executable or the current directory. A directory of
    /// uploads never decides which plugin runs.
    ///
    /// # Errors
    /// [`PluginError::NoManifest`] when there is none, [`PluginError::Manifest`] when it is wrong.
    pub fn find(given: Option<&Path>) -> Result<Self, PluginError> {
        if let Some(path) = given {
            return Self::read(path);
        }
        let found = candidates().into_iter().find(|path| path.is_file());
        let looked = || format!("{NAME} beside the executable, and in the checkout");
        Self::read(&found.ok_or_else(|| PluginError::NoManifest { looked: looked() })?)
    }

    /// Reads and checks the manifest at `path`.
    ///
    /// # Errors
    /// [`PluginError::Manifest`] when it cannot be read, breaks TOML or Extism's shape, names not exactly one
    /// module file, sets no memory cap or time-out, or grants hosts or paths.
    pub fn read(path: &Path) -> Result<Self, PluginError> {
        let wrong = |why: String| PluginError::Manifest { path: path.to_owned(), why };
        let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
        let mut manifest: Manifest = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        check(&manifest).map_err(|why| wrong(why.into()))?;
        let base = path.parent().unwrap_or(Path::new("."));
        if let [Wasm::File { path, meta }] = manifest.wasm.as_mut_slice() {
            *path = base.join(&*path);
            meta.name = Some("main".into());
        }
        Ok(Self { path: path.to_owned(), manifest })
    }

    /// Reads the module's bytes, so that every instance runs the same ones, and its sha256.
    ///
    /// # Errors
    /// [`PluginError::NotFound`] when the file cannot be read; [`PluginError::HashMismatch`] when the manifest
    /// states another sha256.
    pub fn module(&self) -> Result<(Vec<u8>, String), PluginError> {
        let [Wasm::File { path, meta }] = self.manifest.wasm.as_slice() else { unreachable!("checked when read") };
        let bytes =
            std::fs::read(path).map_err(|e| PluginError::NotFound { path: path.clone(), why: e.to_string() })?;
        let found = crate::files::sha256(&bytes);
        match &meta.hash {
            Some(expected) if *expected != found => {
                Err(PluginError::HashMismatch { path: path.clone(), expected: expected.clone(), found })
            }
            _ => Ok((bytes, found)),
        }
    }

    /// The bundles that `[config]` names: `models` is their directory, `model` the default, and each `sha256.DIRECTORY`
    /// the hash of the `model.toml` in it.
    pub fn library(&self) -> Library {
        let models = Path::new(self.config("models").unwrap_or("model"));
        let pinned = |(key, hash): (&String, &String)| Some((key.strip_prefix("sha256.")?.to_owned(), hash.clone()));
        Library {
            directory: self.path.parent().unwrap_or(Path::new(".")).join(models),
            default: self.config("model").unwrap_or_default().to_owned(),
            hashes: self.manifest.config.iter().filter_map(pinned).collect(),
        }
    }

    /// A value of `[config]`.
    pub(super) fn config(&self, key: &str) -> Option<&str> {
        self.manifest.config.get(key).map(String::as_str)
    }
}

fn candidates() -> Vec<PathBuf> {
    let executable = std::env::current_exe().ok();
    let current = std::env::current_dir().ok();
    let beside = executable.iter().filter_map(|path| path.parent());
    let above = executable.iter().chain(&current).flat_map(|path| path.ancestors());
    let checkouts = above.filter(|directory| directory.join("plugin/abi/Cargo.toml").is_file());
    beside.chain(checkouts).map(|directory| directory.join(NAME)).collect()
}

fn check(manifest: &Manifest) -> Result<(), &'static str> {
    let rules = [
        (!matches!(manifest.wasm.as_slice(), [Wasm::File { .. }]), "[[wasm]] must name exactly one file by path"),
        (manifest.memory.max_pages.is_none(), "[memory] max_pages must cap the plugin's memory"),
        (manifest.timeout_ms.is_none(), "timeout_ms must bound a call"),
        (
            manifest.allowed_hosts.as_ref().is_some_and(|h| !h.is_empty()),
            "allowed_hosts must be empty: the plugin has no network",
        ),
        (
            manifest.allowed_paths.as_ref().is_some_and(|p| !p.is_empty()),
            "allowed_paths must be empty: the plugin has no files",
        ),
    ];
    rules.into_iter().find(|(broken, _)| *broken).map_or(Ok(()), |(_, rule)| Err(rule))
}

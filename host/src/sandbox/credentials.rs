//! The module that reads Content Credentials: a plugin of its own, with a manifest of its own.

use std::path::Path;

use extism::{CompiledPlugin, Plugin};
use veritag_abi::credentials::{Credentials, Request};
use veritag_abi::{Chunk, Fault};

use super::engine::{Cache, compile};
use super::fault::{PluginError, classify};
use super::manifest::PluginManifest;

/// Its manifest, from the directory of the detector's: where it is installed, and in a checkout.
const PLACES: [&str; 2] = ["credentials.toml", "plugin/credentials/manifest.toml"];
const PUSH: &str = "push";
const READ: &str = "read";

/// The module and what it may do.
pub struct CredentialsModule {
    manifest: PluginManifest,
    module: Vec<u8>,
    cache: Cache,
    /// Certificates in PEM that are trusted beside the public lists.
    anchors: Option<String>,
}

/// The compiled module, of which each asset gets an instance.
pub struct CredentialsEngine {
    compiled: CompiledPlugin,
    anchors: Option<String>,
}

impl CredentialsModule {
    /// The one that stands beside the detector's `manifest`; none where it is not installed.
    ///
    /// # Errors
    /// [`PluginError`] when its manifest is wrong, or names a module or certificates other than those that are there.
    pub fn beside(manifest: &Path, cache: Cache) -> Result<Option<Self>, PluginError> {
        let places = PLACES.map(|place| manifest.with_file_name(place));
        let Some(path) = places.into_iter().find(|path| path.is_file()) else { return Ok(None) };
        let manifest = PluginManifest::read(&path)?;
        let module = match manifest.module() {
            Err(PluginError::NotFound { .. }) => return Ok(None),
            found => found?.0,
        };
        let anchors = manifest.config("anchors").map(|file| path.with_file_name(file));
        let wrong = |e: std::io::Error| PluginError::Manifest { path: path.clone(), why: format!("anchors: {e}") };
        let anchors = anchors.map(std::fs::read_to_string).transpose().map_err(wrong)?;
        Ok(Some(Self { manifest, module, cache, anchors }))
    }

    /// # Errors
    /// [`PluginError`] when it is no module, or wants what the sandbox does not give.
    pub fn compile(&self) -> Result<CredentialsEngine, PluginError> {
        let compiled = compile(&self.manifest, &self.module, &self.cache)?;
        Ok(CredentialsEngine { compiled, anchors: self.anchors.clone() })
    }
}

impl CredentialsEngine {
    /// What `pieces` say, which together are an asset of `total` bytes, at `time` (RFC 3339).
    ///
    /// # Errors
    /// [`PluginError`], as every call of a plugin; what reading a piece gives.
    pub fn read<E: From<PluginError>>(
        &self,
        total: u64,
        pieces: impl Iterator<Item = Result<Vec<u8>, E>>,
        time: String,
    ) -> Result<Credentials, E> {
        let mut plugin = Plugin::new_from_compiled(&self.compiled).map_err(|e| classify("instantiate", &e, -1))?;
        let mut offset = 0;
        for piece in pieces {
            let piece = piece?;
            let chunk = Chunk { part: "asset", offset, total, bytes: &piece };
            call(&mut plugin, PUSH, &chunk.encode())?;
            offset += piece.len() as u64;
        }
        let request = Request { time, anchors: self.anchors.clone() };
        let answer = call(&mut plugin, READ, &request.encode())?;
        Ok(Credentials::decode(&answer).map_err(bad)?)
    }
}

fn call(plugin: &mut Plugin, export: &str, input: &[u8]) -> Result<Vec<u8>, PluginError> {
    plugin.call_get_error_code::<_, Vec<u8>>(export, input).map_err(|(error, code)| classify(export, &error, code))
}

fn bad(fault: Fault) -> PluginError {
    PluginError::BadOutput { export: READ.into(), why: fault.to_string() }
}

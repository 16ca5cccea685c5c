//! What can go wrong with a plugin. The only file that matches Extism's error texts.

use std::path::PathBuf;

use veritag_abi::Fault;

use crate::blame::diagnose;

#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    #[error("{}: {why}; correct the manifest, or point VERITAG_MANIFEST or --manifest at another", path.display())]
    Manifest { path: PathBuf, why: String },
    #[error("no manifest.toml found; looked for {looked}; name one with --manifest or VERITAG_MANIFEST")]
    NoManifest { looked: String },
    #[error("{}: {why}; build the plugin with `make build`, or correct the manifest's path", path.display())]
    NotFound { path: PathBuf, why: String },
    #[error("{}: sha256 is {found}, the manifest says {expected}; reinstall it from a source that you trust", path.display())]
    HashMismatch { path: PathBuf, expected: String, found: String },
    #[error("the plugin speaks ABI {found}, this host {expected}; install a plugin and a host of one release")]
    AbiMismatch { found: u64, expected: u32 },
    #[error("the plugin has no export `{export}`; install a plugin made for this host")]
    MissingExport { export: String },
    #[error("the plugin wants something from outside its sandbox: {import}; it is refused")]
    UnknownImport { import: String },
    #[error("{export}: the plugin did not answer in time; see timeout_ms in the manifest")]
    Timeout { export: String },
    #[error("{export}: the plugin wanted more memory than it may have; see [memory] max_pages in the manifest")]
    OutOfMemory { export: String },
    #[error("{export}: the plugin crashed: {why}")]
    Trapped { export: String, why: String },
    #[error("{export}: the plugin's answer makes no sense: {why}")]
    BadOutput { export: String, why: String },
    #[error("{export}: {fault}")]
    Fault { export: String, fault: Fault },
}

diagnose! { PluginError {
    Self::Manifest { .. } => "config-bad-manifest", Operator;
    Self::NoManifest { .. } => "config-no-manifest", Operator;
    Self::NotFound { .. } => "plugin-not-found", Operator;
    Self::HashMismatch { .. } => "plugin-hash-mismatch", Operator;
    Self::AbiMismatch { .. } => "plugin-abi-mismatch", Plugin;
    Self::MissingExport { .. } => "plugin-missing-export", Plugin;
    Self::UnknownImport { .. } => "plugin-unknown-import", Plugin;
    Self::Timeout { .. } => "plugin-timeout", Plugin;
    Self::OutOfMemory { .. } => "plugin-out-of-memory", Plugin;
    Self::Trapped { .. } => "plugin-trapped", Plugin;
    Self::BadOutput { .. } => "plugin-bad-output", Plugin;
    Self::Fault { fault: Fault::Rejected(_), .. } => "plugin-rejected-input", Us;
    Self::Fault { fault: Fault::Model(_), .. } => "model-unusable", Plugin;
    Self::Fault { fault: Fault::Internal(_), .. } => "plugin-internal", Plugin;
    Self::Fault { fault: Fault::NotImplemented(_), .. } => "plugin-not-implemented", Plugin;
}}

impl PluginError {
    /// Whether the instance may have been left half-changed and must not be used again.
    pub const fn poisons(&self) -> bool {
        !matches!(self, Self::Fault { fault: Fault::Rejected(_) | Fault::NotImplemented(_), .. })
    }
}

/// What Extism's error means; `code` is the return code that came with it.
pub fn classify(export: &str, error: &extism::Error, code: i32) -> PluginError {
    let text = format!("{error:#}");
    let root = error.root_cause().to_string();
    let export = export.to_owned();
    if root == "timeout" {
        PluginError::Timeout { export }
    } else if root == "oom" {
        PluginError::OutOfMemory { export }
    } else if let Some((_, import)) = text.split_once("unknown import: ") {
        PluginError::UnknownImport { import: import.to_owned() }
    } else if text.contains("Function not found") || text.contains("function not found") {
        PluginError::MissingExport { export }
    } else if text.contains("wasm trap") {
        PluginError::Trapped { export, why: root }
    } else {
        PluginError::Fault { fault: Fault::from_code(code, told(&text)), export }
    }
}

/// The first line of what the plugin said, without the prefix that the fault's own text repeats.
fn told(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let prefixes = ["input rejected: ", "model: ", "internal: ", "not implemented: "];
    prefixes.iter().find_map(|prefix| line.strip_prefix(prefix)).unwrap_or(line).to_owned()
}

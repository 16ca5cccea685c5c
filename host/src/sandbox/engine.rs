//! How the module is compiled. The only file that names wasmtime.

use std::path::{Path, PathBuf};

use extism::{CompiledPlugin, PluginBuilder, Wasm};

use super::fault::{PluginError, classify};
use super::manifest::PluginManifest;

/// Stack for the graph passes of model loading, in bytes.
const STACK: usize = 1 << 20;

/// Compiles `module` within the manifest's limits. Each worker compiles its own, since a time-out ends every
/// call on the same engine; the cache on disk makes all but the very first cheap.
///
/// # Errors
/// [`PluginError`] when the module is none, or wants what the sandbox does not give.
pub fn compile(manifest: &PluginManifest, module: &[u8], cache: &Cache) -> Result<CompiledPlugin, PluginError> {
    let mut config = wasmtime::Config::new();
    // Relaxed instructions may round differently from one processor to the next.
    config.wasm_relaxed_simd(false).max_wasm_stack(STACK);
    // Each worker reads the compiled module: nothing that only debuggers look at.
    config.generate_address_map(false).native_unwind_info(false);
    let mut limited = manifest.manifest.clone();
    limited.wasm = vec![Wasm::data(module).with_name("main")];
    limited.memory.max_var_bytes = Some(0);
    let builder = PluginBuilder::new(limited).with_wasi(false).with_wasmtime_config(config);
    let builder = match &cache.config {
        Some(config) => builder.with_cache_config(config),
        None => builder.with_cache_disabled(),
    };
    builder.compile().map_err(|error| classify("compile", &error, -1))
}

/// Where compiled modules are kept between runs.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    directory: Option<PathBuf>,
    config: Option<PathBuf>,
}

impl Cache {
    /// A cache in `directory`; none where that cannot be written to.
    pub fn at(directory: &Path) -> Self {
        let config = directory.join("wasmtime.toml");
        let modules = toml::Value::String(directory.join("modules").to_string_lossy().into_owned());
        let text = format!("[cache]\ndirectory = {modules}\n");
        let same = std::fs::read_to_string(&config).is_ok_and(|found| found == text);
        let written = same || std::fs::create_dir_all(directory).and_then(|()| std::fs::write(&config, text)).is_ok();
        if written { Self { directory: Some(directory.to_owned()), config: Some(config) } } else { Self::default() }
    }

    /// The user's cache: `VERITAG_CACHE`, else `veritag` in the platform's cache directory.
    pub fn of_user() -> Self {
        let chosen = std::env::var_os("VERITAG_CACHE").map(PathBuf::from);
        let chosen = chosen.or_else(|| dirs::cache_dir().map(|base| base.join("veritag")));
        chosen.and_then(|directory| std::path::absolute(directory).ok()).map_or_else(Self::default, |d| Self::at(&d))
    }

    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }
}

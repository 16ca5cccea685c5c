//! The real plugin with the real model, called as the host calls it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use veritag::media::{Frames, Limits, Span, tracks, window};
use veritag::model::Bundle;
use veritag::sandbox::engine::{self, Cache};
use veritag::sandbox::{Instance, PluginError, PluginManifest};
use veritag::tools::Tools;
use veritag_abi::FrameBatch;
use wasmparser::{Parser, Payload, TypeRef};

use crate::{MODEL, fixture, root};

/// The bundle that is the default.
pub fn bundle() -> Bundle {
    shipped(MODEL)
}

/// One of the bundles that the repository ships.
pub fn shipped(name: &str) -> Bundle {
    Bundle::read(&root().join("plugin/model").join(name)).expect("a whole bundle")
}

/// # Errors
/// What the plugin has against `bundle`.
pub fn instance(bundle: &Bundle) -> Result<Instance, PluginError> {
    let manifest = PluginManifest::read(&root().join("manifest.toml"))?;
    let (module, _) = manifest.module()?;
    Instance::start(&engine::compile(&manifest, &module, &Cache::of_user())?, bundle)
}

/// The first `frames` frames of a fixture, small enough to be quick.
pub fn frames(name: &str, frames: u32) -> Frames {
    let tools = Tools::find(None, None).expect("ffmpeg");
    let (limits, deadline) = (Limits::default(), Instant::now() + Duration::from_secs(60));
    let path = fixture(name);
    let found = tracks(&tools, &limits, &path, deadline).expect("a good fixture");
    let span = Span { start_us: 0, frames, max_side: 480 };
    window(&tools, &limits, &path, &found[0], &span, deadline).expect("a good fixture")
}

pub fn batch(frames: &Frames) -> FrameBatch<'_> {
    FrameBatch::new(frames.width, frames.height, frames.pts_us.clone(), &frames.pixels).expect("decoded frames")
}

/// Extism's own functions that a module may use: none reaches a file, a host or another call's data.
const ALLOWED: [&str; 13] = [
    "alloc",
    "free",
    "length",
    "length_unsafe",
    "load_u8",
    "load_u64",
    "store_u8",
    "store_u64",
    "input_length",
    "input_load_u8",
    "input_load_u64",
    "output_set",
    "error_set",
];

/// Asserts that the module at `path` imports nothing but Extism's memory functions.
pub fn assert_imports_only_memory(path: &Path) {
    let bytes = std::fs::read(path).expect("a module");
    let mut imported = BTreeSet::new();
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Payload::ImportSection(section) = payload.expect("WebAssembly") {
            for import in section.into_imports() {
                let import = import.expect("an import");
                assert!(matches!(import.ty, TypeRef::Func(_)), "{import:?}");
                imported.insert((import.module.to_owned(), import.name.to_owned()));
            }
        }
    }
    assert!(!imported.is_empty());
    for (module, name) in imported {
        assert!(module == "extism:host/env" && ALLOWED.contains(&name.as_str()), "{module} {name}");
    }
}

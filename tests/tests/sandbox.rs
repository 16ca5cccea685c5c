//! What the built module may touch, and that its manifest says so.

use veritag::sandbox::PluginManifest;
use veritag_tests::sandbox::assert_imports_only_memory;
use veritag_tests::{module, root};

#[test]
fn the_module_imports_nothing_but_extism_memory_functions() {
    assert_imports_only_memory(&module());
}

#[test]
fn the_manifest_grants_no_host_and_no_path() {
    let manifest = PluginManifest::read(&root().join("manifest.toml")).unwrap().manifest;
    assert!(manifest.memory.max_pages.is_some() && manifest.timeout_ms.is_some());
    assert_eq!(manifest.allowed_hosts.unwrap_or_default(), Vec::<String>::new());
    assert!(manifest.allowed_paths.unwrap_or_default().is_empty());
}

#[test]
fn a_manifest_that_grants_anything_is_refused_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("manifest.toml");
    let good = "timeout_ms = 1\n[[wasm]]\npath = \"x\"\n[memory]\nmax_pages = 1\n";
    let cases = [
        (format!("allowed_hosts = [\"*\"]\n{good}"), "allowed_hosts"),
        (format!("{good}[allowed_paths]\n\"/\" = \"/\"\n"), "allowed_paths"),
        (good.replace("timeout_ms = 1\n", ""), "timeout_ms"),
        (good.replace("max_pages = 1\n", ""), "max_pages"),
        (format!("{good}[[wasm]]\npath = \"y\"\n"), "[[wasm]]"),
        (good.replace("timeout_ms", "timeout"), "timeout"),
    ];
    for (text, named) in cases {
        std::fs::write(&path, text).unwrap();
        let error = PluginManifest::read(&path).unwrap_err();
        assert_eq!(error.code(), "config-bad-manifest");
        assert!(error.to_string().contains(named), "{error}");
    }
}

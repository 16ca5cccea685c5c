//! What the built module may touch, and that its manifest says so.

use std::collections::BTreeSet;

use veritag::sandbox::PluginManifest;
use veritag_tests::{module, root};
use wasmparser::{Parser, Payload, TypeRef};

/// Extism's own functions that the plugin may use: none reaches a file, a host or another call's data.
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

#[test]
fn the_module_imports_nothing_but_extism_memory_functions() {
    let bytes = std::fs::read(module()).unwrap();
    let mut imported = BTreeSet::new();
    for payload in Parser::new(0).parse_all(&bytes) {
        if let Payload::ImportSection(section) = payload.unwrap() {
            for import in section.into_imports() {
                let import = import.unwrap();
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

//! Content Credentials, read by the real module: `make test-credentials` builds it first.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use veritag::assessment::{JSON_SCHEMA, provenance};
use veritag::credentials::Reader;
use veritag::sandbox::engine::Cache;
use veritag_abi::credentials::{Credentials, State};
use veritag_tests::sandbox::assert_imports_only_memory;
use veritag_tests::{documents, fixture, root, run, veritag};

#[path = "../src/mutation.rs"]
mod mutation;

/// What `make credentials` builds.
fn module() -> PathBuf {
    let path = root().join("target/credentials/wasm32-unknown-unknown/plugin/veritag_credentials.wasm");
    assert!(path.is_file(), "{} is not there: run `make credentials` first", path.display());
    path
}

/// The checkout's manifest for the module, in `directory`, with our root of fixtures among the trusted or without it.
fn manifest(directory: &Path, trusting: bool) -> PathBuf {
    let text = std::fs::read_to_string(root().join("plugin/credentials/manifest.toml")).unwrap();
    let module = format!("{:?}", module());
    let text =
        text.replace("\"../../target/credentials/wasm32-unknown-unknown/plugin/veritag_credentials.wasm\"", &module);
    let anchor = format!("anchors = {:?}", fixture("credentials/anchor.pem"));
    let text = if trusting { text.replace("# anchors = \"anchors.pem\"", &anchor) } else { text };
    std::fs::write(directory.join("credentials.toml"), text).unwrap();
    directory.join("manifest.toml")
}

fn reader(trusting: bool) -> (tempfile::TempDir, Reader) {
    let directory = tempfile::tempdir().unwrap();
    let reader = Reader::beside(&manifest(directory.path(), trusting), Cache::of_user()).unwrap().expect("installed");
    (directory, reader)
}

fn read_bytes(reader: &Reader, bytes: &[u8]) -> Credentials {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    reader.read(file.path())
}

const SIGNED: [&str; 3] = ["credentials/signed.jpg", "credentials/signed.mp4", "credentials/signed.avif"];

#[test]
#[ignore = "needs `make credentials`"]
fn who_signed_is_trusted_or_unknown_by_the_lists_and_both_are_intact() {
    let ((_a, trusting), (_b, plain)) = (reader(true), reader(false));
    for name in SIGNED {
        let [known, unknown] = [&trusting, &plain].map(|reader| reader.read(&fixture(name)));
        assert_eq!(
            [known.state, unknown.state],
            [State::Trusted, State::UnknownSigner],
            "{name}: {known:?} {unknown:?}"
        );
        assert_eq!(unknown.codes, ["signingCredential.untrusted"], "{name}");
        assert!(known.codes.is_empty() && known.why.is_none(), "{name}: {known:?}");
        assert_eq!(known.signer.as_deref(), Some("Example Camera"));
        assert_eq!(known.issuer.as_deref(), Some("Veritag fixtures"));
        assert_eq!(known.signed_at.is_some(), name.ends_with(".jpg"), "{name}: {known:?}");
        assert_eq!(known.generator.as_deref(), Some("Veritag fixtures 1.0"));
        assert_eq!(known.actions[0].action, "c2pa.created");
        assert_eq!(known.actions[0].when.as_deref(), Some("2026-11-27T00:00:00Z"));
        assert_eq!(provenance::claims(&known).as_deref(), Some("They say: made by generative AI (Imagined 2)."));
    }
}

#[test]
#[ignore = "needs `make credentials`"]
fn a_picture_that_was_changed_after_signing_is_broken_and_nothing_worse() {
    let (_directory, reader) = reader(true);
    for name in SIGNED {
        let mut bytes = std::fs::read(fixture(name)).unwrap();
        let last = bytes.len() - 40;
        bytes[last] ^= 1;
        let found = read_bytes(&reader, &bytes);
        assert_eq!(found.state, State::Broken, "{name}: {found:?}");
        assert!(found.codes.iter().any(|code| code.ends_with("Hash.mismatch")), "{found:?}");
        assert!(provenance::sentence(Some(&found)).contains("does not make it a fake"));
    }
    let claims = String::from_utf8_lossy(&std::fs::read(fixture("credentials/signed.jpg")).unwrap()).into_owned();
    assert!(claims.contains("Imagined 2"));
    let mut forged = std::fs::read(fixture("credentials/signed.jpg")).unwrap();
    let at = forged.windows(10).position(|part| part == b"Imagined 2").unwrap();
    forged[at..at + 10].copy_from_slice(b"Camera 300");
    let found = read_bytes(&reader, &forged);
    assert_eq!(found.state, State::Broken, "{found:?}");
    assert_eq!(provenance::claims(&found), None);
}

#[test]
#[ignore = "needs `make credentials`"]
fn files_without_any_have_none_and_large_ones_that_may_have_some_are_named() {
    let (directory, reader) = reader(true);
    for name in ["media/portrait.jpg", "media/real.mp4", "media/audio-only.m4a", "media/empty.mp4"] {
        assert_eq!(reader.read(&fixture(name)), Credentials::of(State::None), "{name}");
    }
    assert_eq!(read_bytes(&reader, b"a text that speaks of c2pa").state, State::None);
    let large = directory.path().join("large.mp4");
    std::fs::copy(fixture("credentials/signed.mp4"), &large).unwrap();
    std::fs::File::options().write(true).open(&large).unwrap().set_len(300 << 20).unwrap();
    assert_eq!(reader.read(&large), Credentials::of(State::TooLarge));
    std::fs::File::options().write(true).open(&large).unwrap().set_len(200 << 20).unwrap();
    assert_eq!(reader.read(&large).state, State::Broken, "within what may be read, and longer than was signed");
    let missing = reader.read(&directory.path().join("missing.jpg"));
    assert_eq!(missing.state, State::NotChecked);
    assert!(missing.why.unwrap().starts_with("media-not-found"));
}

#[test]
#[ignore = "needs `make credentials`"]
fn no_manifest_takes_the_host_down_and_the_reader_goes_on() {
    let (_directory, reader) = reader(true);
    let signed: Vec<Vec<u8>> = SIGNED.iter().map(|name| std::fs::read(fixture(name)).unwrap()).collect();
    let mut runner = TestRunner::new(mutation::config(64));
    runner
        .run(&mutation::hostile(signed), |bytes| {
            let found = read_bytes(&reader, &bytes);
            prop_assert!(found.why.iter().all(|why| !why.contains("internal-bug")), "{:?}", found);
            Ok(())
        })
        .unwrap();
    // The box of the manifest full of noise.
    let mut noise = std::fs::read(fixture("credentials/signed.jpg")).unwrap();
    let at = noise.windows(4).position(|part| part == b"c2pa").unwrap() + 5;
    (at..at + 4000).for_each(|i| noise[i] = (i as u32).wrapping_mul(2_654_435_761).to_be_bytes()[0]);
    assert_ne!(read_bytes(&reader, &noise).state, State::Trusted);
    assert_eq!(reader.read(&fixture(SIGNED[0])).state, State::Trusted);
}

#[test]
#[ignore = "needs `make credentials`"]
fn a_scan_tells_of_them_beside_the_verdict() {
    let output = run(veritag().args(["scan", "--json"]).args([fixture(SIGNED[0]), fixture("media/portrait.jpg")]));
    let documents = documents(&output);
    let schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
    for document in &documents {
        assert!(jsonschema::draft202012::is_valid(&schema, document), "{document:#}");
    }
    assert_eq!(documents[0]["credentials"]["state"], "unknown_signer");
    assert_eq!(documents[1]["credentials"]["state"], "none");
    for told in ["verdict", "score", "text"] {
        assert_eq!(documents[0][told], documents[1][told]);
    }
    assert!(documents[0]["score"].is_number());
}

#[test]
#[ignore = "needs `make credentials`"]
fn the_module_imports_nothing_but_extism_memory_functions() {
    assert_imports_only_memory(&module());
}

#[test]
fn where_the_module_is_not_installed_nobody_looks() {
    let directory = tempfile::tempdir().unwrap();
    let manifest = directory.path().join("manifest.toml");
    assert!(Reader::beside(&manifest, Cache::of_user()).unwrap().is_none());
    let text = std::fs::read_to_string(root().join("plugin/credentials/manifest.toml")).unwrap();
    std::fs::write(directory.path().join("credentials.toml"), text).unwrap();
    assert!(Reader::beside(&manifest, Cache::of_user()).unwrap().is_none(), "the module is not built");
    std::fs::write(directory.path().join("credentials.toml"), "timeout_ms = 1").unwrap();
    assert_eq!(Reader::beside(&manifest, Cache::of_user()).err().unwrap().code(), "config-bad-manifest");
}

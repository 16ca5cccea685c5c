//! What `make package` lays down runs from anywhere, and refuses to run when it was tampered with.

use std::path::Path;
use std::process::{Command, Output};

use veritag_tests::{MODEL, documents, fixture, root, run, veritag};

fn packaged() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let output = run(Command::new(root().join(".setup/package.sh"))
        .arg(veritag().get_program())
        .arg(directory.path().join("dist")));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    directory
}

/// Scans a picture with the packaged program, from a directory that knows nothing of the checkout.
fn scan(package: &Path) -> Output {
    run(Command::new(package.join("dist/veritag"))
        .current_dir(package)
        .args(["scan", "--json"])
        .arg(fixture("media/portrait.jpg")))
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

fn refused(package: &Path, code: &str) {
    let output = scan(package);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains(code), "{output:?}");
}

#[test]
fn it_runs_anywhere_and_a_tampered_module_bundle_or_part_is_refused() {
    let package = packaged();
    let package = package.path();
    assert!(documents(&scan(package))[0]["score"].is_number());

    let module = package.join("dist/veritag_plugin.wasm");
    change(&module, |bytes| bytes.push(0));
    refused(package, "plugin-hash-mismatch");
    change(&module, |bytes| bytes.truncate(bytes.len() - 1));

    let card = package.join("dist/model").join(MODEL).join("model.toml");
    change(&card, |bytes| bytes.push(b'\n'));
    refused(package, "model-hash-mismatch");
    change(&card, |bytes| bytes.truncate(bytes.len() - 1));

    let honest = std::fs::read_to_string(&card).unwrap();
    std::fs::write(
        &card,
        honest.replace(&format!("name = \"{MODEL}\""), "name = \"x\"").replace("margin = 1.33", "margin = 1.3"),
    )
    .unwrap();
    refused(package, "model-hash-mismatch");
    std::fs::write(&card, honest).unwrap();

    change(&package.join("dist/model").join(MODEL).join("head.onnx"), |bytes| *bytes.last_mut().unwrap() ^= 1);
    refused(package, "model-hash-mismatch");
}

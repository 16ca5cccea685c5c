//! The plugin runs unchanged under another Extism SDK and says the same there.

use std::process::Command;

use veritag_abi::Analysis;
use veritag_tests::sandbox::{batch, bundle, frames, instance};
use veritag_tests::{MODEL, module, root};

/// The Python that `make test` gives the Extism SDK.
fn python() -> Command {
    let python = root().join("target/python/bin/python");
    assert!(python.is_file(), "{} is not there: run `make test`", python.display());
    Command::new(python)
}

#[test]
fn the_python_sdk_gets_the_same_analysis() {
    let directory = tempfile::tempdir().unwrap();
    let frames = frames("media/real.mp4", 6);
    let ours = instance(&bundle()).unwrap().analyze(&batch(&frames)).unwrap();
    let file = directory.path().join("frames.bin");
    std::fs::write(&file, batch(&frames).encode()).unwrap();
    let output = python()
        .arg(root().join("tests/sdk/analyze.py"))
        .args([module(), root().join("plugin/model").join(MODEL), file])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Analysis = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(theirs, ours);
}

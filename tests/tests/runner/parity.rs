//! Scores and verdicts are those of the sandbox.

use std::path::{Path, PathBuf};

use serde_json::Value;
use veritag_tests::runner::runner;
use veritag_tests::{documents, fixture, run, veritag};

use super::TOLERANCE;

pub fn media() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(fixture("media")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

/// One window of each.
pub fn scan(url: Option<&str>, files: &[PathBuf]) -> Vec<Value> {
    let mut command = veritag();
    command.args(["scan", "--json", "--windows", "1"]).args(files).env("VERITAG__RUNNER__TIMEOUT_S", "600");
    if let Some(url) = url {
        command.args(["--runner", url]);
    }
    let output = run(&mut command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    documents(&output)
}

/// The same verdicts, and scores within the tolerance; those of `there` by a runner of that name.
pub fn assert_same(here: &[Value], there: &[Value], name: &str) {
    assert_eq!(here.len(), there.len());
    for (a, b) in here.iter().zip(there) {
        let path = &a["asset"]["path"];
        assert_eq!((&a["verdict"], &a["reason"]), (&b["verdict"], &b["reason"]), "{path}");
        let (score, other) = (a["score"].as_f64().unwrap_or(-1.0), b["score"].as_f64().unwrap_or(-1.0));
        assert!((score - other).abs() <= TOLERANCE, "{path}: {score} here, {other} on {name}");
        assert!(score < 0.0 || b["runner"].as_str().unwrap().starts_with(name), "{path}: {}", b["runner"]);
    }
}

/// The fixtures with a face, as their golden assessments say; of others no runner is asked.
fn faces() -> Vec<PathBuf> {
    let golden = |file: &Path| fixture("golden").join(file.file_name().unwrap()).with_added_extension("json");
    let known = |file: &Path| serde_json::from_slice::<Value>(&std::fs::read(golden(file)).unwrap()).unwrap();
    media().into_iter().filter(|file| known(file)["score"].is_number()).collect()
}

/// In a build for tests, native tract takes a second for two crops.
#[test]
fn every_face_gets_the_same_score_and_verdict_on_onnx_runtime_and_those_of_stills_on_native_tract() {
    let files = faces();
    let here = scan(None, &files);
    let onnx_runtime = runner(&[]);
    let there = scan(Some(&onnx_runtime.http()), &files);
    assert_same(&here, &there, "veritag-runner");
    let by = there.iter().find_map(|document| document["runners"].as_array()).unwrap();
    assert!(by[0]["engine"].as_str().unwrap().starts_with("onnxruntime 1."), "{by:?}");
    assert_eq!(by[0]["device"], "cpu");
    let tract = runner(&["--provider", "tract"]);
    let is_still =
        |file: &Path| ["portrait.jpg", "alpha.png", "exif-rotated.jpg"].iter().any(|name| file.ends_with(name));
    let (stills, here): (Vec<_>, Vec<_>) = files.into_iter().zip(here).filter(|(file, _)| is_still(file)).unzip();
    assert_same(&here, &scan(Some(&tract.grpc()), &stills), "veritag-runner");
}

#[test]
#[ignore = "takes minutes: make test-runner"]
fn every_fixture_gets_the_same_scores_and_verdict_on_native_tract() {
    let tract = runner(&["--provider", "tract"]);
    assert_same(&scan(None, &media()), &scan(Some(&tract.grpc()), &media()), "veritag-runner");
}

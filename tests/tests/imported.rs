//! `veritag import`, as a user runs it: the sandbox then computes what PyTorch computed.

use serde_json::Value;
use veritag::model::Bundle;
use veritag_abi::bundle::SelfTest;
use veritag_abi::{Role, TensorBatch};
use veritag_tests::sandbox::instance;
use veritag_tests::{fixture, full_size, run, veritag};

/// What the integers of the sandbox's convolutions may change.
const TOLERANCE: f32 = 1e-3;

fn golden() -> Value {
    serde_json::from_slice(&std::fs::read(fixture("checkpoints/golden.json")).unwrap()).unwrap()
}

fn import(checkpoint: &std::path::Path, more: &[&str]) -> (tempfile::TempDir, std::process::Output) {
    let directory = tempfile::tempdir().unwrap();
    let output = run(veritag().args(["import"]).arg(checkpoint).arg("--out").arg(directory.path()).args(more));
    (directory, output)
}

/// The features that the sandbox gives for the first `rows` crops of the self-test's formula.
fn features(bundle: &Bundle, rows: usize) -> Vec<f32> {
    let side = bundle.spec.input.size;
    let crops = SelfTest::crops(rows * 3 * side * side);
    let batch = TensorBatch::new(Role::Crops, vec![rows, 3, side, side], crops, Default::default()).unwrap();
    instance(bundle).unwrap().infer(&batch).unwrap().data
}

#[test]
fn the_full_size_network_gives_pytorchs_numbers_in_the_sandbox() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoint = directory.path().join("full.safetensors");
    full_size::write(&checkpoint);
    let (out, output) = import(&checkpoint, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bundle = Bundle::read(out.path()).unwrap();
    let golden = &golden()["full"];
    for (row, features) in features(&bundle, 2).chunks(2048).enumerate() {
        for (found, wanted) in features.iter().zip(golden["first"].as_array().unwrap()[row].as_array().unwrap()) {
            let wanted = wanted.as_f64().unwrap();
            let apart = (f64::from(*found) - wanted).abs();
            assert!(apart < f64::from(TOLERANCE) * (1.0 + wanted.abs()), "{found} {wanted}");
        }
    }
    let logits: Vec<f64> = numbers(&golden["logits"]);
    let recorded = bundle.spec.self_test.unwrap();
    assert!(
        (f64::from(recorded.logit) - (logits[0] - logits[1])).abs() < 2.0 * f64::from(TOLERANCE),
        "{recorded:?} {logits:?}"
    );
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

#[test]
fn an_imported_bundle_is_verified_listed_and_scans() {
    let (out, output) = import(&fixture("checkpoints/sequential.pth"), &["--name", "tiny", "--temporal", "frame-mean"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let verified = run(veritag().args(["model", "verify"]).arg(out.path()));
    assert!(String::from_utf8_lossy(&verified.stdout).contains("self-test passed"), "{verified:?}");
    let checked = run(veritag().arg("cross-check").arg(out.path()));
    assert!(checked.status.success(), "{checked:?}");
    assert!(String::from_utf8_lossy(&checked.stdout).contains("native tract agrees within"), "{checked:?}");
    let scanned = run(veritag().args(["scan", "--json", "--model"]).arg(out.path()).arg(fixture("media/portrait.jpg")));
    let document = &veritag_tests::documents(&scanned)[0];
    assert_eq!(document["model"]["name"], "tiny");
    assert!(document["score"].is_number(), "{document:#}");
}

#[test]
fn an_untrained_import_is_refused_for_tagging() {
    let (out, output) = import(&fixture("checkpoints/module.pt"), &["--untrained"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let scanned = run(veritag().args(["scan", "--model"]).arg(out.path()).arg(fixture("media/portrait.jpg")));
    assert_eq!(scanned.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&scanned.stderr).contains("model-untrained"));
}

#[test]
fn a_hostile_checkpoint_runs_nothing_and_leaves_no_bundle() {
    let (out, output) = import(&fixture("checkpoints/hostile-system.pt"), &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("model-checkpoint-hostile"));
    assert!(!out.path().join("model.toml").exists());
}

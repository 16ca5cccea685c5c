//! Imported checkpoints compute what PyTorch computed (fixtures/checkpoints/make.py wrote its answers).

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use tract_onnx::prelude::*;
use veritag_abi::bundle::{Bundle, Part, SelfTest, TemporalMode};
use veritag_lab::import::{ImportError, Options, Pool, import};
use veritag_tests::full_size;

const TOLERANCE: f32 = 1e-4;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/checkpoints").join(name)
}

fn golden() -> Value {
    serde_json::from_slice(&fs::read(fixture("golden.json")).unwrap()).unwrap()
}

/// All numbers in `value`, depth first.
fn numbers(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap() as f32],
    }
}

fn assert_close(what: &str, found: &[f32], expected: &Value) {
    let expected = numbers(expected);
    assert_eq!(found.len(), expected.len(), "{what}");
    let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst <= TOLERANCE, "{what}: off by {worst}");
}

fn options(mode: TemporalMode, pool: Pool) -> Options {
    let text = |text: &str| text.to_owned();
    let faces = Part { name: text("faces"), file: text("faces.onnx"), sha256: text("00"), licence: text("MIT") };
    let mut options = Options::new("test", faces);
    (options.temporal.mode, options.pool) = (mode, pool);
    options
}

struct Imported {
    dir: TempDir,
    bundle: Bundle,
}

impl Imported {
    fn new(checkpoint: &Path, mode: TemporalMode, pool: Pool) -> Self {
        let dir = TempDir::new().unwrap();
        let bundle = import(checkpoint, dir.path(), &options(mode, pool)).unwrap_or_else(|error| panic!("{error}"));
        Self { dir, bundle }
    }

    /// Runs a part with tract, its named dimensions left open until now.
    fn run(&self, part: &str, shape: &[usize], data: &[f32]) -> Vec<f32> {
        let file = &self.bundle.parts.iter().find(|known| known.name == part).unwrap().file;
        let model = tract_onnx::onnx().model_for_path(self.dir.path().join(file)).unwrap();
        let model = model.into_optimized().unwrap().into_runnable().unwrap();
        let input = Tensor::from_shape(shape, data).unwrap();
        let output = model.run(tvec!(input.into())).unwrap();
        output[0].to_plain_array_view::<f32>().unwrap().iter().copied().collect()
    }

    fn features(&self, rows: usize) -> Vec<f32> {
        let side = self.bundle.input.size;
        self.run("features", &[rows, 3, side, side], &SelfTest::crops(rows * 3 * side * side))
    }

    fn logits(&self, rows: usize, features: &[f32]) -> Vec<f32> {
        let length = features.len() / rows;
        match self.bundle.temporal.mode {
            TemporalMode::Sequence => self.run("head", &[1, rows, length], features),
            TemporalMode::FrameMean | TemporalMode::LastFrame => self.run("head", &[rows, length], features),
        }
    }
}

fn agrees(checkpoint: &str, answers: &str) {
    let golden = &golden()[answers];
    let imported = Imported::new(&fixture(checkpoint), TemporalMode::Sequence, Pool::Last);
    let features = imported.features(5);
    assert_close("features", &features, &golden["features"]);
    assert_close("logits", &imported.logits(5, &features), &golden["last"]);
}

#[test]
fn a_state_dict_with_torchvisions_names() {
    agrees("torchvision.pt", "bias");
}

#[test]
fn a_nested_state_dict_from_data_parallel_with_numbered_names_and_no_biases() {
    agrees("sequential.pth", "no_bias");
}

#[test]
fn a_whole_pickled_module() {
    agrees("module.pt", "bias");
}

#[test]
fn mixed_formats_transposed_tensors_and_shared_storages() {
    agrees("mixed.bin", "bias");
}

#[test]
fn half_precision_safetensors() {
    agrees("half.safetensors", "bias");
}

#[test]
fn every_way_of_reading_the_frames() {
    let golden = &golden()["bias"];
    let features = numbers(&golden["features"]);
    for (mode, pool, answer) in [
        (TemporalMode::Sequence, Pool::Last, "last"),
        (TemporalMode::Sequence, Pool::Mean, "mean"),
        (TemporalMode::FrameMean, Pool::Last, "rows"),
        (TemporalMode::LastFrame, Pool::Mean, "rows"),
    ] {
        let imported = Imported::new(&fixture("torchvision.pt"), mode, pool);
        assert_close(answer, &imported.logits(5, &features), &golden[answer]);
    }
}

#[test]
fn the_bundle_says_what_was_imported() {
    let imported = Imported::new(&fixture("module.pt"), TemporalMode::Sequence, Pool::Last);
    let names: Vec<&str> = imported.bundle.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["faces", "features", "head"]);
    assert_eq!(
        imported.bundle.model.architecture,
        "ResNeXt [1, 2, 1, 1], 4 groups, 64 features + LSTM(16) + Linear(2)"
    );
    assert!(imported.bundle.self_test.is_none());
}

fn refusal(name: &str) -> ImportError {
    let dir = TempDir::new().unwrap();
    let error = import(&fixture(name), dir.path(), &options(TemporalMode::Sequence, Pool::Last)).unwrap_err();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "{name} left files behind");
    error
}

#[test]
fn hostile_and_broken_files_are_refused_in_words() {
    for (name, code, word) in [
        ("hostile-system.pt", "model-checkpoint-hostile", "posix.system"),
        ("hostile-eval.pth", "model-checkpoint-hostile", "builtins.eval"),
        ("hostile-bare.pt", "model-checkpoint-hostile", "posix.system"),
        ("bomb.pt", "model-checkpoint-hostile", "compressed"),
        ("overclaim.pt", "model-checkpoint-hostile", "claims"),
        ("truncated.pt", "model-checkpoint-unreadable", "again"),
        ("legacy.pt", "model-checkpoint-unsupported", "PyTorch 1.6"),
        ("torchscript.pt", "model-checkpoint-unsupported", "TorchScript"),
        ("golden.json", "model-checkpoint-unreadable", "neither"),
        ("absent.pt", "model-not-found", "absent.pt"),
    ] {
        let error = refusal(name);
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.to_string().contains(word), "{name}: {error}");
    }
}

#[test]
fn labels_must_fit_the_network() {
    let mut options = options(TemporalMode::Sequence, Pool::Last);
    options.output.labels.truncate(1);
    let error = import(&fixture("module.pt"), TempDir::new().unwrap().path(), &options).unwrap_err();
    assert_eq!(error.code(), "model-import-option");
}

#[test]
fn the_full_size_network() {
    let golden = &golden()["full"];
    let dir = TempDir::new().unwrap();
    let checkpoint = dir.path().join("full.safetensors");
    full_size::write(&checkpoint);
    let imported = Imported::new(&checkpoint, TemporalMode::Sequence, Pool::Last);
    let features = imported.features(2);
    let rows: Vec<&[f32]> = features.chunks(2048).collect();
    assert_close("first", &rows.iter().flat_map(|row| row[..16].to_vec()).collect::<Vec<_>>(), &golden["first"]);
    let mean = |row: &&[f32]| (row.iter().map(|&value| f64::from(value)).sum::<f64>() / 2048.0) as f32;
    assert_close("mean", &rows.iter().map(mean).collect::<Vec<_>>(), &golden["mean"]);
    assert_close("logits", &imported.logits(2, &features), &golden["logits"]);
}

//! `veritag crops`: what is written to train on is what the model sees when it serves.

use std::path::Path;
use std::time::Duration;

use safetensors::SafeTensors;
use serde_json::Value;
use veritag::cli::Setup;
use veritag::commands::start;
use veritag::config::Runner;
use veritag::scan::Scanner;
use veritag_abi::TrackFrame;
use veritag_tests::{fixture, labels, root, run, veritag};

const MEDIA: [(&str, &str); 4] =
    [("real.mp4", "real"), ("manipulated.mp4", "fake"), ("no-face.mp4", "real"), ("portrait.jpg", "real")];

fn scanner() -> Scanner {
    let manifest = Some(root().join("manifest.toml"));
    let setup = Setup { manifest, model: None, workers: None, runner: None, ffmpeg: None, ffprobe: None };
    start::start_threads(2);
    start::open(&setup, &Runner::default(), 1, 2, Duration::from_secs(60), Ok).unwrap()
}

fn tracks(out: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(out.join("tracks.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The f32 that each value of a stored picture becomes, by colour: little-endian, red's 256 first. `make test-train`
/// holds PyTorch to the same bits.
const NORMALISED: &[u8; 3 * 256 * 4] = include_bytes!("../../plugin/training/veritag_training/normalised.f32");

/// The pictures of one track, normalised as `plugin/training` does it.
fn normalised(out: &Path, track: &Value, scanner: &Scanner) -> Vec<f32> {
    let input = &scanner.pool.bundle().spec.input;
    let table = NORMALISED.as_chunks::<4>().0;
    let bytes = std::fs::read(out.join(track["part"].as_str().unwrap())).unwrap();
    let part = SafeTensors::deserialize(&bytes).unwrap();
    let crops = part.tensor("crops").unwrap();
    assert_eq!(crops.shape()[1..], [input.size, input.size, 3]);
    let plane = input.size * input.size;
    let number = |field: &str| track[field].as_u64().unwrap() as usize;
    let rows = crops.data().chunks_exact(plane * 3).skip(number("row")).take(number("rows"));
    let value = |crop: &[u8], plane: usize, at: usize| {
        f32::from_le_bytes(table[plane * 256 + usize::from(crop[at * 3 + plane])])
    };
    rows.flat_map(|crop| (0..3 * plane).map(move |i| value(crop, i / plane, i % plane))).collect()
}

#[test]
fn training_sees_what_serving_sees_bit_for_bit() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("crops");
    let output = run(veritag().args(["crops", "--windows", "2"]).arg(labels(directory.path(), &MEDIA)).arg(&out));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("5 faces of 4 assets; 1 without a face, 0 failed"), "{text}");

    let (scanner, tracks) = (scanner(), tracks(&out));
    let mut written = tracks.iter();
    for (name, label) in MEDIA {
        for window in scanner.crops(&fixture("media").join(name)).unwrap() {
            for (face, seen) in window.seen.windows[0].tracks.iter().enumerate() {
                let track = written.next().unwrap();
                assert_eq!((&track["asset"]["label"], &track["face"]), (&label.into(), &face.into()));
                let frames: Vec<TrackFrame> = serde_json::from_value(track["frames"].clone()).unwrap();
                assert_eq!(frames, seen.frames);
            }
            let count = window.seen.windows[0].tracks.len();
            let saved = &tracks[tracks.len() - written.len() - count..][..count];
            let saved: Vec<f32> = saved.iter().flat_map(|track| normalised(&out, track, &scanner)).collect();
            assert!(saved.iter().map(|v| v.to_bits()).eq(window.data.iter().map(|v| v.to_bits())), "{name}");
        }
    }
    assert!(written.next().is_none());
    let contents: Value = serde_json::from_slice(&std::fs::read(out.join("crops.json")).unwrap()).unwrap();
    assert_eq!((&contents["schema"], &contents["parts"][0]["rows"]), (&"veritag.crops/1".into(), &89.into()));
}

#[test]
fn crops_may_be_of_another_size_than_the_model_takes() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("crops");
    let list = labels(directory.path(), &MEDIA[3..]);
    let loose = ["crops", "--size", "112", "--margin", "1.6"];
    assert!(run(veritag().args(loose).arg(list).arg(&out)).status.success());
    let part = std::fs::read(out.join("part-0000.safetensors")).unwrap();
    assert_eq!(SafeTensors::deserialize(&part).unwrap().tensor("crops").unwrap().shape(), [1, 112, 112, 3]);
    let contents: Value = serde_json::from_slice(&std::fs::read(out.join("crops.json")).unwrap()).unwrap();
    assert_eq!(contents["size"], 112);
    assert!((contents["margin"].as_f64().unwrap() - 1.6).abs() < 1e-6);
}

/// Two faces of 1024 pixels would be an answer that the sandbox is not trusted with.
#[test]
fn crops_that_no_window_can_hold_are_refused_before_the_work() {
    let directory = tempfile::tempdir().unwrap();
    let list = labels(directory.path(), &[("two-faces.mp4", "real")]);
    let crops = |size: &str| {
        let out = directory.path().join(size);
        run(veritag().args(["crops", "--windows", "1", "--size", size]).arg(&list).arg(out))
    };
    let output = crops("1024");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("model-bad-spec") && error.contains("choose a smaller size"), "{error}");
    assert!(crops("512").status.success());
}

#[test]
fn landmarks_lie_where_a_face_has_them() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("crops");
    run(veritag().arg("crops").arg(labels(directory.path(), &MEDIA[3..])).arg(&out));
    let track = &tracks(&out)[0];
    let point = |i: usize| [0, 1].map(|axis| track["frames"][0]["landmarks"][i][axis].as_f64().unwrap());
    let [left_eye, right_eye, nose, left_mouth, right_mouth] = [0, 1, 2, 3, 4].map(point);
    assert!(left_eye[0] < nose[0] && nose[0] < right_eye[0] && left_mouth[0] < right_mouth[0]);
    assert!(left_eye[1] < nose[1] && right_eye[1] < nose[1] && nose[1] < left_mouth[1].min(right_mouth[1]));
    let bbox = [0, 1, 2, 3].map(|i| track["frames"][0]["bbox"][i].as_f64().unwrap());
    let inside =
        |[x, y]: [f64; 2]| (bbox[0]..bbox[0] + bbox[2]).contains(&x) && (bbox[1]..bbox[1] + bbox[3]).contains(&y);
    assert!((0..5).map(point).all(inside));
}

#[test]
fn a_broken_asset_costs_itself_and_a_full_directory_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let list = labels(directory.path(), &[("empty.mp4", "fake"), ("portrait.jpg", "real")]);
    let out = directory.path().join("crops");
    let output = run(veritag().arg("crops").arg(&list).arg(&out));
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("media-empty"));
    assert_eq!(tracks(&out).len(), 1);

    let again = run(veritag().arg("crops").arg(&list).arg(&out));
    assert_eq!(again.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&again.stderr).contains("output-unwritable"));
    assert_eq!(tracks(&out).len(), 1);
}

#[test]
fn a_manifest_says_which_line_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let list = labels(directory.path(), &[("portrait.jpg", "genuine")]);
    let output = run(veritag().arg("crops").arg(list).arg(directory.path().join("crops")));
    assert_eq!(output.status.code(), Some(3));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("labels-malformed") && error.contains("line 2"), "{error}");
}

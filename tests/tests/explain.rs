//! Heat maps: from the last feature maps in the sandbox to pictures.

use std::path::Path;
use std::time::Duration;

use prost::Message;
use tract_onnx::pb::{ModelProto, NodeProto};
use veritag::cli::Setup;
use veritag::commands::start;
use veritag::config::Runner;
use veritag::files::sha256;
use veritag::model::Bundle;
use veritag::scan::Scanner;
use veritag_abi::{Relevance, Role, TensorBatch};
use veritag_tests::sandbox::{batch, bundle, frames, instance, shipped};
use veritag_tests::{MODEL, fixture, hostile_manifest, root, run, veritag};

fn scanner(manifest: &Path) -> Scanner {
    let setup = Setup {
        manifest: Some(manifest.to_owned()),
        model: None,
        workers: Some(1),
        ffmpeg: None,
        ffprobe: None,
        runner: None,
    };
    start::start_threads(2);
    start::open(&setup, &Runner::default(), 1, 2, Duration::from_secs(60), Ok).unwrap()
}

fn row_and_column(map: &Relevance, at: usize) -> [f32; 2] {
    [(at / map.width) as f32 / map.height as f32, (at % map.width) as f32 / map.width as f32]
}

/// The face of `manipulated.mp4` is altered within a soft mask; hair, shoulders and background are as they were.
#[test]
fn a_face_that_was_altered_speaks_for_fake_where_it_was_altered() {
    let frames = frames("media/manipulated.mp4", 5);
    for bundle in [bundle(), shipped("lite0-lstm")] {
        let mut plugin = instance(&bundle).unwrap();
        let crops = plugin.prepare(&batch(&frames)).unwrap();
        let map = plugin.explain(&crops).unwrap().faces.remove(0);
        let warmest = (0..map.cells.len()).max_by(|a, b| map.cells[*a].total_cmp(&map.cells[*b])).unwrap();
        let [row, column] = row_and_column(&map, warmest);
        assert!((0.2..0.8).contains(&row) && (0.2..0.8).contains(&column) && map.cells[warmest] > 0.0, "{map:?}");

        let again = instance(&bundle).unwrap().explain(&crops).unwrap();
        assert_eq!(again.faces[0], map, "the same bits in another instance");
        let features = plugin.infer(&crops).unwrap();
        let judged = plugin.decide(&features).unwrap().windows[0].faces[0].logit.unwrap();
        assert!((judged - map.logit).abs() < 1e-4, "{judged} {}", map.logit);
    }
}

/// Of a head that is linear, the cells share out the logit between them, but for what it gives without any features.
#[test]
fn the_cells_of_a_linear_head_add_up_to_its_logit() {
    let mut plugin = instance(&bundle()).unwrap();
    let frames = frames("media/real.mp4", 3);
    let crops = plugin.prepare(&batch(&frames)).unwrap();
    let map = plugin.explain(&crops).unwrap().faces.remove(0);
    let features = plugin.infer(&crops).unwrap();
    let nothing =
        TensorBatch::new(Role::Features, features.shape.clone(), vec![0.0; features.data.len()], features.seen)
            .unwrap();
    let bias = plugin.decide(&nothing).unwrap().windows[0].faces[0].logit.unwrap();
    let sum: f32 = map.cells.iter().sum();
    assert!((sum - (map.logit - bias)).abs() < 1e-2, "{sum} {} {bias}", map.logit);
}

#[test]
fn each_face_of_a_window_has_its_map() {
    let mut plugin = instance(&bundle()).unwrap();
    let frames = frames("media/two-faces.mp4", 2);
    let crops = plugin.prepare(&batch(&frames)).unwrap();
    let maps = plugin.explain(&crops).unwrap().faces;
    assert_eq!(maps.len(), 2);
    assert_ne!(maps[0].cells, maps[1].cells);
    let strangers = crops.slice(0..1);
    assert_eq!(plugin.explain(&strangers).unwrap_err().code(), "plugin-rejected-input");
}

/// The bundle with its features doubled behind the pooling.
#[test]
fn a_model_whose_features_are_no_means_says_so_and_goes_on() {
    let directory = tempfile::tempdir_in(root().join("plugin/model")).unwrap();
    let source = root().join("plugin/model").join(MODEL);
    let read = |part: &str| std::fs::read(source.join(part)).unwrap();
    for part in ["head.onnx", "scope.onnx"] {
        std::fs::write(directory.path().join(part), read(part)).unwrap();
    }
    let features = read("features.onnx");
    let mut file = ModelProto::decode(&features[..]).unwrap();
    let graph = file.graph.as_mut().unwrap();
    let pooled = std::mem::replace(&mut graph.output[0].name, "doubled".into());
    let (input, output) = (vec![pooled.clone(), pooled], vec!["doubled".into()]);
    graph.node.push(NodeProto { op_type: "Add".into(), name: "double".into(), input, output, ..NodeProto::default() });
    let doubled = file.encode_to_vec();
    let card = String::from_utf8(read("model.toml")).unwrap().replace(&sha256(&features), &sha256(&doubled));
    let mut spec: toml::Table = toml::from_str(&card).unwrap();
    spec.remove("self_test");
    std::fs::write(directory.path().join("features.onnx"), doubled).unwrap();
    std::fs::write(directory.path().join("model.toml"), toml::to_string(&spec).unwrap()).unwrap();

    let mut plugin = instance(&Bundle::read(directory.path()).unwrap()).unwrap();
    let frames = frames("media/real.mp4", 1);
    let crops = plugin.prepare(&batch(&frames)).unwrap();
    let error = plugin.explain(&crops).unwrap_err();
    assert_eq!(error.code(), "plugin-not-implemented");
    assert!(error.to_string().contains("gives no heat map"), "{error}");
    assert!(plugin.infer(&crops).is_ok() && !error.poisons());
}

#[test]
fn a_plugin_of_before_heat_maps_is_told_from_one_that_fails() {
    let directory = tempfile::tempdir().unwrap();
    let scanner = scanner(&hostile_manifest(directory.path(), "lies"));
    let crops = TensorBatch::new(Role::Crops, vec![0, 3, 2, 2], vec![], Default::default()).unwrap();
    let error = scanner.pool.with(|instance| instance.explain(&crops)).unwrap_err();
    assert_eq!(error.code(), "plugin-missing-export");
}

#[test]
fn faces_of_an_assessment_are_found_again_and_no_others() {
    let scanner = scanner(&root().join("manifest.toml"));
    let path = fixture("media/real.mp4");
    let assessment = scanner.scan(&path).assessment;
    for window in 0..2 {
        let map = scanner.explain(&path, &assessment, window, 0).unwrap();
        let judged = assessment.windows[window].faces[0].logit.unwrap();
        assert!((map.relevance.logit - judged).abs() < 1e-3, "{window}: {} {judged}", map.relevance.logit);
        assert_eq!(map.crop.len(), map.side * map.side * 3);
    }
    let none = |path: &Path, window, face| scanner.explain(path, &assessment, window, face).unwrap_err().code();
    assert_eq!([none(&path, 0, 1), none(&path, 2, 0)], ["asset-no-such-face"; 2]);
    assert_eq!(none(&fixture("media/two-faces.mp4"), 0, 0), "asset-no-such-face");
    assert_eq!(none(&fixture("media/empty.mp4"), 0, 0), "media-empty");
}

#[test]
fn the_command_paints_the_faces_that_may_be_fake() {
    let directory = tempfile::tempdir().unwrap();
    let explain = |name: &str, more: &[&str]| {
        let mut command = veritag();
        command.args(["explain", "--windows", "1"]).arg(fixture("media").join(name)).args(more);
        let output = run(command.arg("--out").arg(directory.path()));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let painted =
        |name: &str| std::fs::read(directory.path().join(name)).is_ok_and(|file| file.starts_with(&[0xff, 0xd8]));
    assert!(explain("manipulated.mp4", &[]).contains("not prove a fake"));
    assert!(painted("manipulated.mp4.window-1.face-1.jpg"));
    assert!(explain("portrait.jpg", &[]).contains("No face to explain"));
    assert!(!painted("portrait.jpg.window-1.face-1.jpg"));
    explain("portrait.jpg", &["--all"]);
    assert!(painted("portrait.jpg.window-1.face-1.jpg"));
}

//! Large pictures: faces are found at any size of picture, and judged as they are elsewhere.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use veritag_tests::{fixture, run, scan};

/// The portrait, `side` pixels wide, at each of `places` in a grey frame with some grain.
fn pasted(file: &Path, (width, height): (u32, u32), side: u32, places: &[(u32, u32)]) {
    let frame = format!("color=0x6e6e6e:s={width}x{height},format=gbrp,noise=alls=12:all_seed=1");
    let mut graph = format!("[0]scale={side}:{side}:flags=lanczos,format=gbrp,split={}", places.len());
    (0..places.len()).for_each(|nth| graph += &format!("[p{nth}]"));
    graph += ";[1]null[f0]";
    for (nth, (x, y)) in places.iter().enumerate() {
        graph += &format!(";[f{nth}][p{nth}]overlay={x}:{y}:format=gbrp[f{}]", nth + 1);
    }
    let last = format!("[f{}]", places.len());
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(fixture("media/portrait.png")).args(["-f", "lavfi", "-i", &frame]);
    ffmpeg.args(["-filter_complex", &graph, "-map", &last, "-frames:v", "1", "-q:v", "1"]).arg(file);
    assert!(run(&mut ffmpeg).status.success());
}

fn faces(document: &Value) -> &Vec<Value> {
    document["windows"][0]["faces"].as_array().unwrap()
}

#[test]
fn small_faces_of_a_large_picture_are_judged() {
    let directory = tempfile::tempdir().unwrap();
    let group = directory.path().join("group.jpg");
    pasted(&group, (4000, 3000), 340, &[(150, 200), (1830, 1400), (3500, 2500)]);
    let (documents, _) = scan([group]);
    assert!(documents[0]["score"].is_number(), "{:#}", documents[0]);
    assert_eq!(faces(&documents[0]).len(), 3);
    for face in faces(&documents[0]) {
        let side = face["quality"]["face_px"].as_f64().unwrap();
        assert!((66.0..84.0).contains(&side) && face["score"].is_number(), "{face}");
    }
}

#[test]
fn a_picture_gets_one_score_at_every_size_and_in_any_frame() {
    let directory = tempfile::tempdir().unwrap();
    let cases = [
        ((384, 384), 384, (0, 0)),
        ((512, 512), 512, (0, 0)),
        ((1024, 1024), 1024, (0, 0)),
        ((4000, 4000), 4000, (0, 0)),
        ((1920, 1080), 512, (700, 300)),
        ((4000, 3000), 512, (2611, 1217)),
        ((4000, 3000), 1024, (313, 907)),
    ];
    let file = |nth: usize| directory.path().join(format!("{nth}.png"));
    cases.iter().enumerate().for_each(|(nth, &(size, side, place))| pasted(&file(nth), size, side, &[place]));
    let (documents, _) = scan((0..cases.len()).map(file));
    let scores: Vec<f64> = documents.iter().map(|document| document["score"].as_f64().unwrap()).collect();
    let (low, high) = scores.iter().fold((1.0f64, 0.0f64), |(low, high), &score| (low.min(score), high.max(score)));
    assert!(high - low <= 0.05, "{scores:?}");
}

#[test]
fn a_crowd_is_judged_face_by_face_and_what_is_left_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let crowd = directory.path().join("crowd.jpg");
    let places: Vec<(u32, u32)> = (0..18).map(|nth| (20 + nth % 6 * 400, 20 + nth / 6 * 400)).collect();
    pasted(&crowd, (2400, 1240), 390, &places);
    let (documents, _) = scan([crowd]);
    assert_eq!((faces(&documents[0]).len(), &documents[0]["windows"][0]["more_faces"]), (16, &2.into()));
    assert!(documents[0]["text"].as_str().unwrap().contains("2 more faces were not judged"));
}

//! `veritag evaluate`, end to end, on fixtures whose truth is known.

use serde_json::Value;
use veritag_tests::{MODEL, labels, run, veritag};

const ROWS: [(&str, &str); 5] = [
    ("real.mp4", "real"),
    ("portrait.jpg", "real"),
    ("manipulated.mp4", "fake"),
    ("no-face.mp4", "real"),
    ("text.mp4", "fake"),
];

#[test]
fn figures_page_and_card_come_of_what_a_scan_says() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let mut command = veritag();
    command.args(["evaluate", "--windows", "2"]).arg(labels(directory.path(), &ROWS));
    command.arg("--json").arg(at("e.json")).arg("--report").arg(at("e.html")).arg("--card").arg(at("card.md"));
    let output = run(&mut command);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{table}");
    assert!(table.contains("5 assets") && table.contains(MODEL), "{table}");

    let document: Value = serde_json::from_slice(&std::fs::read(at("e.json")).unwrap()).unwrap();
    let bundle = &document["bundles"][0];
    let outcomes = bundle["assets"].as_array().unwrap();
    let reasons: Vec<&str> = outcomes.iter().map(|o| o["reason"].as_str().unwrap_or("")).collect();
    assert_eq!(reasons, ["", "", "", "no_face", "unsupported"]);
    let score = |nth: usize| outcomes[nth]["score"].as_f64().unwrap();
    let auc = f64::from(u8::from(score(2) > score(0)) + u8::from(score(2) > score(1))) / 2.0;
    assert_eq!(bundle["measured"]["figures"]["auc"]["value"], auc);
    assert_eq!(bundle["measured"]["figures"]["not_assessed"]["value"], 0.4);

    let page = std::fs::read_to_string(at("e.html")).unwrap();
    assert!(page.contains("<svg") && !page.contains("<script") && !page.contains("src=\"http"));
    assert!(std::fs::read_to_string(at("card.md")).unwrap().starts_with(&format!("# Model card: {MODEL}")));
}

#[test]
fn degraded_copies_are_measured_too() {
    let directory = tempfile::tempdir().unwrap();
    let json = directory.path().join("e.json");
    let mut command = veritag();
    command.args(["evaluate", "--windows", "1", "--robust", "--json"]).arg(&json);
    assert!(
        run(command.arg(labels(directory.path(), &[("portrait.jpg", "real"), ("portrait.png", "fake")])))
            .status
            .success()
    );
    let document: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let robustness = document["bundles"][0]["robustness"].as_array().unwrap();
    assert_eq!(robustness.len(), 13);
    let measured = |condition: &&Value| condition["auc_change"]["value"].is_number();
    assert!(robustness.iter().filter(measured).count() >= 6, "small, blurred and slow ones are not assessed");
    for condition in robustness {
        let reasons = condition["measured"]["reasons"].as_object().cloned().unwrap_or_default();
        let seen = ["face_too_small", "too_blurry", "no_face"];
        assert!(reasons.keys().all(|reason| seen.contains(&reason.as_str())), "{condition}");
    }
}

#[test]
fn a_split_that_is_not_there_is_told_with_those_that_are() {
    let directory = tempfile::tempdir().unwrap();
    let output = run(veritag().args(["evaluate", "--split", "val"]).arg(labels(directory.path(), &ROWS)));
    assert_eq!(output.status.code(), Some(3));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("labels-empty") && error.contains("it has test"), "{error}");
}

//! `veritag scan`, end to end, on every fixture.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use veritag_tests::{MODEL, documents, fixture, root, run, scan, veritag};

/// Every media fixture, by name.
fn media() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(fixture("media")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

/// What of a document must stay the same from run to run and machine to machine.
fn lasting(mut document: Value) -> Value {
    let fields = document.as_object_mut().unwrap();
    for name in ["assessed_at", "elapsed_ms", "decoder", "plugin", "veritag", "model", "text"] {
        assert!(fields.remove(name).is_some_and(|value| !value.is_null()), "{name}");
    }
    if let Some(error) = fields.get_mut("error") {
        error.as_object_mut().unwrap().remove("message");
    }
    let score = fields.get("score").and_then(Value::as_f64);
    let band = fields.get("band").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64);
    if band.zip(score.into_iter().cycle()).any(|(end, score)| near(end, score)) {
        fields["verdict"] = json!("on an edge of the band, from where decoders may tip it");
    }
    let path = fields["asset"]["path"].as_str().unwrap().to_owned();
    fields["asset"]["path"] = json!(Path::new(&path).file_name().unwrap().to_string_lossy());
    document
}

/// Whether decoders may round to one or the other: by `0.02`, or a fiftieth of its size.
fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.02_f64.max(b.abs() / 50.0)
}

/// Equal but for the rounding of decoders.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => near(a.as_f64().unwrap(), b.as_f64().unwrap()),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        _ => a == b,
    }
}

/// `VERITAG_BLESS=1 cargo test` writes what is found as what is wanted.
#[test]
fn every_fixture_gets_its_golden_assessment_which_fits_the_published_schema() {
    let schema: Value = serde_json::from_slice(&run(veritag().arg("schema")).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let files = media();
    let (documents, status) = scan(&files);
    assert_eq!(documents.len(), files.len());
    assert_eq!(status, 0, "broken media is no failure of ours");
    for (file, document) in files.iter().zip(documents) {
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{document:#}");
        let golden = fixture("golden").join(file.file_name().unwrap()).with_added_extension("json");
        let found = lasting(document);
        if std::env::var_os("VERITAG_BLESS").is_some() {
            std::fs::write(&golden, serde_json::to_string_pretty(&found).unwrap() + "\n").unwrap();
        }
        let wanted: Value = serde_json::from_slice(&std::fs::read(&golden).unwrap()).unwrap();
        assert!(alike(&found, &wanted), "{}:\nfound {found:#}\nwanted {wanted:#}", file.display());
    }
}

#[test]
fn the_same_file_gets_the_same_bits_whatever_the_number_of_workers() {
    let scan = |workers: &str| {
        let output = run(veritag()
            .args(["scan", "--json", "--windows", "2", "--workers", workers])
            .arg(fixture("media/real.mp4")));
        lasting(documents(&output).remove(0))
    };
    assert_eq!(scan("1"), scan("3"));
}

#[test]
fn write_keeps_the_document_beside_an_untouched_asset() {
    let directory = tempfile::tempdir().unwrap();
    let asset = directory.path().join("a b.jpg");
    std::fs::copy(fixture("media/portrait.jpg"), &asset).unwrap();
    let before = (std::fs::read(&asset).unwrap(), std::fs::metadata(&asset).unwrap().modified().unwrap());
    let output = run(veritag().args(["scan", "--json", "--write"]).arg(&asset));
    let kept: Value =
        serde_json::from_slice(&std::fs::read(directory.path().join("a b.jpg.veritag.json")).unwrap()).unwrap();
    assert_eq!(kept, documents(&output)[0]);
    assert_eq!(before, (std::fs::read(&asset).unwrap(), std::fs::metadata(&asset).unwrap().modified().unwrap()));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn a_directory_that_cannot_be_written_to_is_told_and_the_answer_printed() {
    let output = run(veritag().args(["scan", "--json", "--write", "/proc/version"]));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(documents(&output).len(), 1);
    assert!(String::from_utf8_lossy(&output.stderr).contains("output-unwritable"));
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_is_scanned_like_any_other() {
    use std::os::unix::ffi::OsStrExt;
    let directory = tempfile::tempdir().unwrap();
    let asset = directory.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9 -i %d.jpg"));
    std::fs::copy(fixture("media/portrait.jpg"), &asset).unwrap();
    let (documents, status) = scan([directory.path()]);
    assert_eq!((documents.len(), status), (1, 0));
    assert!(documents[0]["score"].is_number(), "{:#}", documents[0]);
}

#[test]
fn a_missing_file_is_told_and_the_others_finish() {
    let (documents, status) = scan([fixture("media/nowhere.mp4"), fixture("media/portrait.jpg")]);
    assert_eq!(status, 1);
    assert_eq!(documents[0]["error"]["code"], "media-not-found");
    assert!(documents[1]["score"].is_number());
}

#[test]
fn a_list_on_standard_input_is_scanned() {
    use std::io::Write;
    use std::process::Stdio;
    let mut child =
        veritag().args(["scan", "--json", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "fixtures/media/portrait.jpg").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(documents(&output).len(), 1);
}

#[test]
fn a_missing_ffmpeg_is_told_before_anything_starts() {
    let output = run(veritag().args(["scan", "--ffmpeg", "/nowhere/ffmpeg"]).arg(fixture("media/portrait.jpg")));
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("ffmpeg-not-found"));
}

#[test]
fn an_ffmpeg_that_never_ends_costs_one_asset() {
    let endless = fixture("tools/endless");
    let output = run(veritag()
        .args(["scan", "--json", "--timeout", "1", "--ffprobe"])
        .arg(endless)
        .args([fixture("media/portrait.jpg"), fixture("media/empty.mp4")]));
    let documents = documents(&output);
    assert_eq!(documents[0]["error"]["code"], "ffmpeg-timeout");
    assert_eq!(documents[1]["error"]["code"], "media-empty");
}

/// As `veritag scan --write dir | head -1`.
#[test]
fn a_reader_that_goes_away_ends_the_scan_and_leaves_no_temporary_file() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let directory = tempfile::tempdir().unwrap();
    for nth in 0..24 {
        std::fs::copy(fixture("media/portrait.jpg"), directory.path().join(format!("{nth:02}.jpg"))).unwrap();
    }
    let mut scan = veritag();
    scan.args(["scan", "--json", "--write", "--workers", "1"]).arg(directory.path()).stdout(Stdio::piped());
    let mut child = scan.spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let names: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.as_encoded_bytes().starts_with(b".veritag")), "{names:?}");
    assert!(names.len() < 48, "the scan ended early");
}

#[test]
fn colours_are_as_the_environment_wants_them() {
    let scan = |name: &str, value: &str| {
        let output = run(veritag().arg("scan").arg(fixture("media/empty.mp4")).env(name, value));
        String::from_utf8_lossy(&output.stdout).contains('\x1b')
    };
    assert!(scan("CLICOLOR_FORCE", "1") && !scan("CLICOLOR_FORCE", "0"));
    let terminal = |name: &str| {
        let command = format!("{:?} scan fixtures/media/empty.mp4", veritag().get_program());
        let output = run(Command::new("script")
            .current_dir(root())
            .args(["-qec", &command, "/dev/null"])
            .env("TERM", "xterm")
            .env(name, "1"));
        String::from_utf8_lossy(&output.stdout).contains("\x1b[2m")
    };
    assert!(terminal("CLICOLOR") && !terminal("NO_COLOR"));
}

#[test]
fn the_report_is_one_page_that_asks_for_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let report = directory.path().join("report.html");
    let output = run(veritag()
        .args(["scan", "--windows", "1", "--report"])
        .arg(&report)
        .args([fixture("media/real.mp4"), fixture("media/empty.mp4")]));
    assert!(output.status.success());
    let page = std::fs::read_to_string(report).unwrap();
    assert!(page.contains("data:image/jpeg;base64,") && page.contains("<svg"), "thumbnails and a timeline");
    for outside in ["src=\"http", "href=\"http", "url(http", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_work_is_done_for_it() {
    let output = run(veritag().args(["scan", "--report", "/nowhere/report.html"]).arg(fixture("media/real.mp4")));
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("output-unwritable"));
}

#[test]
fn a_covered_face_is_not_judged() {
    let directory = tempfile::tempdir().unwrap();
    let masked = directory.path().join("masked.jpg");
    let mask = "drawbox=x=184:y=116:w=84:h=66:color=0x9fc3d6:t=fill";
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(fixture("media/portrait.jpg")).args(["-vf", mask, "-q:v", "3"]).arg(&masked);
    assert!(run(&mut ffmpeg).status.success());
    let (documents, status) = scan([masked, fixture("media/portrait.jpg")]);
    assert_eq!((status, &documents[0]["reason"]), (0, &"covered".into()));
    assert!(documents[0]["windows"][0]["faces"][0]["logit"].is_number() && documents[0]["score"].is_null());
    assert!(documents[1]["score"].is_number());
}

#[test]
fn the_table_ends_with_a_tally_and_what_to_expect() {
    let output = run(veritag().arg("scan").arg(fixture("media/no-face.mp4")));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let [.., tally, expected] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert!(tally.starts_with("1 asset: 0 fake, 0 unsure, 0 real, 1 not assessed, in "), "{tally}");
    assert!(tally.contains(&format!(" by {MODEL} ")) && tally.len() < 100, "{tally}");
    assert!(expected.starts_with("up to ") && expected.contains("% stay unsure") && expected.len() < 100, "{expected}");
}

#[test]
fn a_bundle_says_what_it_is_worth() {
    let output = run(veritag().args(["model", "show"]));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with(MODEL) && text.contains("\nnot looked for: wholly generated people\n"), "{text}");
    assert!(text.contains("    AUC 0.") && text.contains("groups of people"), "{text}");
}

#[test]
fn doctor_finds_everything_in_order() {
    let output = run(veritag().arg("doctor"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("ok ")).count(), 7, "{text}");
}

#[test]
fn the_manifest_is_found_from_below_the_checkout() {
    let output = run(veritag().current_dir(root().join("host/src")).args(["model", "list"]));
    assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("* {MODEL}")));
}

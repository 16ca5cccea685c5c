//! `veritag watch` and `veritag hook`.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use veritag_tests::fixture;
use veritag_tests::service::{Site, wait_for};

struct Watching(Child);

impl Watching {
    fn start(site: &Site) -> Self {
        let log = File::options().append(true).create(true).open(site.directory.path().join("log")).unwrap();
        let media = site.media("").to_str().unwrap().to_owned();
        let mut command = site.command(&["watch", &media, "--settle", "3"]);
        Self(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn files_are_tagged_once_they_have_stopped_growing_and_across_restarts() {
    let site = Site::new("");
    fs::copy(fixture("media/portrait.jpg"), site.media("before.jpg")).unwrap();
    let watching = Watching::start(&site);
    wait_for(&site.media("before.jpg.veritag.json"));

    let bytes = fs::read(fixture("media/no-face.mp4")).unwrap();
    fs::create_dir_all(site.media("new/deep")).unwrap();
    let mut growing = File::create(site.media("new/deep/growing.mp4")).unwrap();
    for piece in bytes.chunks(bytes.len() / 4 + 1) {
        growing.write_all(piece).unwrap();
        growing.sync_all().unwrap();
        assert!(!site.media("new/deep/growing.mp4.veritag.json").exists(), "taken too soon");
        std::thread::sleep(Duration::from_millis(500));
    }
    drop(growing);
    wait_for(&site.media("new/deep/growing.mp4.veritag.json"));
    let tag: Value =
        serde_json::from_slice(&fs::read(site.media("new/deep/growing.mp4.veritag.json")).unwrap()).unwrap();
    assert_eq!(tag["reason"], "no_face", "it was read whole");
    drop(watching);

    let first = fs::metadata(site.media("before.jpg.veritag.json")).unwrap().modified().unwrap();
    fs::copy(fixture("media/portrait.jpg"), site.media("while-away.jpg")).unwrap();
    let _watching = Watching::start(&site);
    wait_for(&site.media("while-away.jpg.veritag.json"));
    assert_eq!(fs::metadata(site.media("before.jpg.veritag.json")).unwrap().modified().unwrap(), first);
    assert_eq!(site.log().matches(r#""message":"assessed""#).count(), 2, "the copy is known by its sha256");
}

#[test]
fn a_hook_file_hands_over_to_a_running_service() {
    let site = Site::new("[[source]]\nname = 'tus'\ndialect = 'tusd'\nopen = true\nroot = 'ROOT'\nreject = ['real']\n");
    fs::copy(fixture("media/portrait.jpg"), site.media("upload")).unwrap();
    let message = |kind: &str| {
        json!({"Type": kind, "Event": {"Upload": {"ID": "1", "MetaData": {"filename": "p.jpg"},
            "Storage": {"Type": "filestore", "Path": site.media("upload")}}, "HTTPRequest": {}}})
        .to_string()
    };
    let hook = |text: String| {
        let mut command = site.command(&["hook", "tus"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    assert_eq!(hook(message("post-finish")).stdout, b"{}\n");
    assert!(!site.media("upload.veritag.json").exists(), "nothing works yet");
    let _service = site.serve();
    wait_for(&site.media("upload.veritag.json"));
    let refused: Value = serde_json::from_slice(&hook(message("pre-finish")).stdout).unwrap();
    assert_eq!(refused["HTTPResponse"]["StatusCode"], 422);

    for (message, code) in [("{".to_owned(), "hook-malformed"), (" ".repeat((1 << 20) + 1), "hook-too-large")] {
        let broken = hook(message);
        assert_eq!(broken.status.code(), Some(3));
        assert!(String::from_utf8_lossy(&broken.stderr).contains(code));
    }
}

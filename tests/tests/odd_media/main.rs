//! Files that are not what they seem: several tracks, no times, joined streams, pictures that say how they are turned.

mod pictures;
mod videos;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use veritag_tests::{documents, fixture, run, veritag};

/// Runs ffmpeg in `directory` with arguments as on a command line.
fn ffmpeg(directory: &Path, arguments: &str) {
    let mut command = Command::new("ffmpeg");
    command.current_dir(directory).args(["-nostdin", "-v", "error", "-y"]).args(arguments.split_whitespace());
    let output = run(&mut command);
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A directory with `still.jpg`.
fn desk() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::copy(fixture("media/portrait.jpg"), directory.path().join("still.jpg")).unwrap();
    directory
}

/// The same with `seconds` of a genuine face in `face.mp4`, and of a manipulated one in `fake.mp4`.
fn workshop(seconds: &str) -> TempDir {
    let directory = desk();
    for (from, to) in [("real.mp4", "face.mp4"), ("manipulated.mp4", "fake.mp4")] {
        let input = fixture("media").join(from);
        let encode = format!("-i {} -t {seconds} -c:v libx264 -preset veryfast -g 10 {to}", input.display());
        ffmpeg(directory.path(), &encode);
    }
    directory
}

/// The assessments of files in `directory`, at most so many windows of each.
fn scan<const N: usize>(directory: &TempDir, windows: &str, names: [impl AsRef<Path>; N]) -> [Value; N] {
    let mut command = veritag();
    command.args(["scan", "--json", "--windows", windows]).args(names.map(|name| directory.path().join(name)));
    documents(&run(&mut command)).try_into().expect("one for each")
}

//! What the end-to-end tests share: where things are, and how to run the program.

pub mod faulty;
pub mod full_size;
pub mod people;
pub mod postgres;
pub mod runner;
pub mod sandbox;
pub mod service;
pub mod store;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The bundle that is the default.
pub const MODEL: &str = "lite0-frame";

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the checkout").to_owned()
}

pub fn fixture(name: &str) -> PathBuf {
    root().join("fixtures").join(name)
}

/// The module that `make plugin` builds.
pub fn module() -> PathBuf {
    let path = root().join("target/wasm32-unknown-unknown/plugin/veritag_plugin.wasm");
    assert!(path.is_file(), "{} is not there: run `make plugin` first", path.display());
    path
}

/// The program, as `make everything` leaves it beside the tests.
pub fn veritag() -> Command {
    let tests = std::env::current_exe().expect("a test has a path");
    let program = tests.ancestors().nth(2).expect("target/PROFILE/deps/TEST").join("veritag");
    assert!(program.is_file(), "{} is not there: run `make everything` first", program.display());
    let mut command = Command::new(program);
    command.current_dir(root());
    for name in ["MANIFEST", "MODEL", "WORKERS", "RUNNER", "FFMPEG", "FFPROBE"] {
        command.env_remove(format!("VERITAG_{name}"));
    }
    command
}

/// Runs `command` to its end.
pub fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// The assessments that `scan --json` printed.
pub fn documents(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

/// Scans `paths` with `--json`; gives the documents and the exit status.
pub fn scan<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> (Vec<Value>, i32) {
    let mut command = veritag();
    command.args(["scan", "--json"]);
    paths.into_iter().for_each(|path| {
        command.arg(path.as_ref());
    });
    let output = run(&mut command);
    (documents(&output), output.status.code().unwrap_or(-1))
}

/// A manifest in `directory` for a module made of `fixtures/plugins/common.wat` and `NAME.wat`, with tight limits.
pub fn hostile_manifest(directory: &Path, name: &str) -> PathBuf {
    let read = |name: &str| std::fs::read_to_string(fixture("plugins").join(name)).expect("a fixture");
    let text = format!("{}{}", read("common.wat"), read(&format!("{name}.wat")));
    let (imports, rest): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with("(import"));
    let module = format!("(module\n{}\n{}\n)", imports.join("\n"), rest.join("\n"));
    std::fs::write(directory.join("plugin.wat"), module).expect("a writable directory");
    let manifest = format!(
        "timeout_ms = 500\nallowed_hosts = []\n[[wasm]]\npath = \"plugin.wat\"\n[memory]\nmax_pages = 4096\n\
         [config]\nmodels = {:?}\nmodel = \"{MODEL}\"\n",
        root().join("plugin/model")
    );
    let path = directory.join("manifest.toml");
    std::fs::write(&path, manifest).expect("a writable directory");
    path
}

/// A labelled list in `directory` of media fixtures, `(name, label)` each.
pub fn labels(directory: &Path, rows: &[(&str, &str)]) -> PathBuf {
    let row = |(name, label): &(&str, &str)| {
        let kind = if [".jpg", ".png"].iter().any(|end| name.ends_with(end)) { "image" } else { "video" };
        let generator = if *label == "fake" { "blended" } else { "none" };
        format!("{},{label},{kind},ours,{generator},{name},test\n", fixture("media").join(name).display())
    };
    let header = "path,label,kind,source,generator,identity,split\n";
    let path = directory.join("labels.csv");
    std::fs::write(&path, format!("{header}{}", rows.iter().map(row).collect::<String>())).expect("a new file");
    path
}

//! What commands do when nobody reads what they print, as in `veritag model list | head -1`.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use veritag_tests::{labels, run, veritag};

const SIGPIPE: i32 = 13;

/// Runs a command whose reader has left; gives what it said, and the signal that ended it.
fn unread(command: &mut Command) -> (String, Option<i32>) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (said, child.wait().unwrap().signal())
}

#[test]
fn commands_end_quietly_when_nobody_reads_them() {
    let commands: [&[&str]; 6] =
        [&["schema"], &["completions", "bash"], &["model", "list"], &["config", "check"], &["doctor"], &["--help"]];
    for command in commands {
        let (said, signal) = unread(veritag().args(command));
        assert_eq!(said, "", "{command:?}");
        assert!(signal.is_none_or(|signal| signal == SIGPIPE), "{command:?}: {signal:?}");
    }
}

#[test]
fn an_evaluation_that_nobody_reads_is_written_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let json = directory.path().join("e.json");
    let mut evaluate = veritag();
    evaluate.args(["evaluate", "--windows", "1", "--json"]).arg(&json);
    let (said, signal) = unread(evaluate.arg(labels(directory.path(), &[("portrait.jpg", "real")])));
    assert!(!said.contains("pipe") && signal == Some(SIGPIPE), "{said}: {signal:?}");
    assert!(json.is_file());
}

#[test]
fn an_asset_that_is_not_there_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("list.csv");
    let header = "path,label,kind,source,generator,identity,split";
    std::fs::write(&list, format!("{header}\r\nsub\\c.jpg,real,image,s,none,1,test\r\n")).unwrap();
    let output = run(veritag().arg("evaluate").arg(&list));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("sub\\c.jpg"), "{said}");
}

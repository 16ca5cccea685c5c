//! What commands do when nobody reads what they print, as in `veritag model list | head -1`.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use veritag_tests::service::{SOURCES, Site, wait_for};
use veritag_tests::{fixture, labels, run, veritag};

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

/// Its first line, that it has started, and its logs meet closed pipes.
#[test]
fn a_service_to_which_nobody_listens_serves() {
    let site = Site::new(SOURCES);
    std::fs::copy(fixture("media/portrait.jpg"), site.media("a.jpg")).unwrap();
    let media = site.media("");
    let mut command = site.command(&["watch", media.to_str().unwrap(), "--settle", "1"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    wait_for(&site.media("a.jpg.veritag.json"));
    assert!(child.try_wait().unwrap().is_none(), "it ended");
    child.kill().unwrap();
    child.wait().unwrap();

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let mut command = site.command(&["serve", "--listen", &address]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    while TcpStream::connect(&address).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
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
fn a_report_replaces_a_report_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    std::fs::copy(fixture("media/portrait.jpg"), at("a.jpg")).unwrap();
    let scan = |report: &str| run(veritag().args(["scan", "--report"]).arg(at(report)).arg(at("a.jpg")));
    let refused = scan("a.jpg");
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("output-not-replaced"));
    assert_eq!(std::fs::read(at("a.jpg")).unwrap(), std::fs::read(fixture("media/portrait.jpg")).unwrap());
    assert!((0..2).all(|_| scan("report.html").status.success()));
}

#[test]
fn a_scan_whose_output_cannot_be_kept_says_so() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut scan = veritag();
    let output = scan.arg("scan").arg(fixture("media/portrait.jpg")).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("output-unwritable: standard output"));
}

#[test]
fn filters_that_nothing_can_have_are_named() {
    let site = Site::new(SOURCES);
    for (option, value) in
        [("--verdict", "bogus"), ("--review", "fake"), ("--reason", "x"), ("--since", "yesterday"), ("--limit", "0")]
    {
        let output = run(&mut site.command(&["review", "list", option, value]));
        assert_eq!(output.status.code(), Some(2), "{option}");
    }
    assert!(
        run(&mut site.command(&["review", "list", "--verdict", "not_assessed", "--since", "2026-11-27"]))
            .status
            .success()
    );
    let share = run(&mut site.command(&["calibrate", "--base-rate", "5"]));
    assert_eq!(share.status.code(), Some(2));
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

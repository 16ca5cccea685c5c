//! A runner as a process: it is another, out of reach, dies under its clients, stops, is asked what makes no sense.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use veritag_tests::runner::{runner, runner_at};
use veritag_tests::service::{SOURCES, Site, upload};
use veritag_tests::{MODEL, documents, fixture, root, run, veritag};

use super::face::{FACE, other};
use super::hash_of;

#[test]
fn a_job_waits_for_its_runner_to_come_back() {
    let mut server = runner(&[]);
    let site = Site::new(&format!("[runner]\nurl = {:?}\nattempts = 1\n{SOURCES}", server.http()));
    let service = site.serve();
    server.kill();
    let id = upload(&service, &fixture("media/portrait.jpg"));
    let job = service.outcome_or_error(&id);
    assert_eq!(
        (&job["state"], &job["error_code"]),
        (&"waiting".into(), &"runner-unreachable".into()),
        "{}",
        site.log()
    );
    let _server = runner_at(&server.address, &[]);
    let job = service.outcome(&id);
    assert_eq!((&job["state"], &job["assessment"]["verdict"]), (&"done".into(), &"real".into()), "{}", site.log());
    assert!(job["assessment"]["runner"].as_str().unwrap().starts_with("veritag-runner"), "{job:#}");
}

#[test]
fn what_is_being_computed_is_answered_before_a_runner_stops() {
    let mut server = runner(&["--max-delay", "500000"]);
    let (url, side) = (format!("{}/infer", server.http()), 160);
    let header = format!(
        r#"{{"inputs":[{{"name":"crops","datatype":"UINT8","shape":[1,3,{side},{side}],"parameters":{{"binary_data_size":{}}}}}]}}"#,
        3 * side * side
    );
    let body = [header.as_bytes(), &vec![7; 3 * side * side]].concat();
    let asked = thread::spawn(move || {
        let request =
            reqwest::blocking::Client::new().post(url).header("inference-header-content-length", header.len());
        request.body(body).send().unwrap().json::<Value>().unwrap()
    });
    thread::sleep(Duration::from_millis(200));
    assert!(server.stop(), "it ended well");
    assert_eq!(asked.join().unwrap()["outputs"][0]["shape"], serde_json::json!([1, 1280]));
}

#[test]
fn a_runner_says_what_is_wrong_with_a_request() {
    let server = runner(&["--max-batch", "2"]);
    let post = |path: &str, body: String| {
        let url = format!("http://{}/v2/models/{path}/infer", server.address);
        let answer = reqwest::blocking::Client::new().post(url).body(body).send().unwrap();
        (answer.status().as_u16(), answer.json::<Value>().unwrap()["error"].as_str().unwrap().to_owned())
    };
    let input = |shape: &str, data: &str| {
        format!(r#"{{"inputs":[{{"name":"crops","datatype":"UINT8","shape":{shape},"data":{data}}}]}}"#)
    };
    let (status, told) = post("nobody", "{}".into());
    assert!(status == 404 && told.contains("nobody") && told.contains(MODEL), "{told}");
    for (body, named) in [
        ("{".into(), "EOF"),
        ("{}".into(), "0 inputs"),
        (input("[1,3,1,1]", "[1,2,3]"), "[rows, 3, 160, 160]"),
        (input("[1,3,160,160]", "[1,2,3]"), "do not fill"),
        (input("[1,1]", "[256]"), "256 is no UINT8"),
        (input("[0,3,160,160]", "[]"), "1 to 2"),
    ] {
        let (status, told) = post(MODEL, body);
        assert!(status == 400 && told.contains(named), "{status} {told}");
    }
    assert_eq!(told_of_a_long_body(&server.address), "HTTP/1.1 413");
    let metrics = reqwest::blocking::get(format!("http://{}/metrics", server.address)).unwrap().text().unwrap();
    assert!(metrics.contains("veritag_runner_requests_total{outcome=\"refused\"}"), "{metrics}");
}

/// How the answer to 4 MiB begins. A server that refuses a body leaves its rest unread, so that writing may fail.
fn told_of_a_long_body(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("POST /v2/models/{MODEL}/infer HTTP/1.1\r\nhost: runner\r\ncontent-length: {}\r\n\r\n", 4 << 20);
    stream.write_all(head.as_bytes()).unwrap();
    let _ = stream.write_all(&vec![b' '; 4 << 20]);
    let mut told = [0; 12];
    stream.read_exact(&mut told).unwrap();
    String::from_utf8_lossy(&told).into_owned()
}

#[test]
fn a_runner_with_other_weights_is_refused_at_once_naming_both_even_where_the_sandbox_may_stand_in() {
    let (directory, other) = other();
    let mut scan = veritag();
    scan.args(["scan", "--runner", &other.http()]).arg(fixture("media/portrait.jpg"));
    let output = run(scan.env("VERITAG__RUNNER__FALLBACK", "true"));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{told}");
    assert!(told.contains("runner-other-bundle"), "{told}");
    for models in [directory.path(), &root().join("plugin/model")] {
        assert!(told.contains(&hash_of(&models.join(MODEL))), "{told}");
    }
    assert_eq!(FACE.refused(&other.grpc()), "runner-other-bundle");
    assert_eq!(FACE.refused(&runner(&["--model", "lite0-lstm"]).http()), "runner-other-bundle");
    assert!(FACE.refused(&runner(&["--model", "resnext50-lstm"]).http()).starts_with("runner-other-"));
}

#[test]
fn a_runner_out_of_reach_is_told_and_the_sandbox_stands_in_if_it_may() {
    let scan = |fallback: &str| {
        let mut command = veritag();
        command.args(["scan", "--json", "--runner", "http://127.0.0.1:9/v2/models/lite0-frame"]);
        run(command.arg(fixture("media/portrait.jpg")).env("VERITAG__RUNNER__FALLBACK", fallback))
    };
    let alone = scan("false");
    assert_eq!((alone.status.code(), alone.stdout.len()), (Some(3), 0));
    assert!(String::from_utf8_lossy(&alone.stderr).contains("runner-unreachable"));
    let document = documents(&scan("true")).remove(0);
    assert_eq!((&document["verdict"], &document["runner"]), (&"real".into(), &"sandbox".into()));
}

#[test]
fn a_runner_that_dies_under_a_scan_costs_no_asset_its_verdict() {
    let directory = tempfile::tempdir().unwrap();
    for nth in 0..4 {
        std::fs::copy(fixture("media/portrait.jpg"), directory.path().join(format!("{nth}.jpg"))).unwrap();
    }
    let mut server = runner(&[]);
    let mut command = veritag();
    command.args(["scan", "--json", "--workers", "1", "--runner", &server.http()]).arg(directory.path());
    command.env("VERITAG__RUNNER__FALLBACK", "true").env("VERITAG__RUNNER__ATTEMPTS", "1");
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut documents = vec![lines.next().unwrap().unwrap()];
    server.kill();
    documents.extend(lines.map(Result::unwrap));
    assert!(child.wait().unwrap().success());
    let documents: Vec<Value> = documents.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(documents.len(), 4);
    assert!(documents.iter().all(|document| document["verdict"] == "real"));
    let by =
        |name: &str| documents.iter().filter(|document| document["runner"].as_str().unwrap().starts_with(name)).count();
    assert!(
        by("veritag-runner") > 0 && by("sandbox") > 0 && by("veritag-runner") + by("sandbox") == 4,
        "{documents:?}"
    );
}

//! Runners: the same scores wherever features are computed, and no verdict changed whatever goes wrong there.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use veritag::cli::Setup;
use veritag::commands::start;
use veritag::config;
use veritag::inference::{Inference, Inferred, Offload};
use veritag::scan::Scanner;
use veritag_abi::{Analysis, TensorBatch};
use veritag_tests::faulty::{Fault, Faulty};
use veritag_tests::runner::{Server, other_weights, runner, runner_at, triton};
use veritag_tests::service::{SOURCES, Site, upload};
use veritag_tests::{MODEL, documents, fixture, root, run, veritag};

/// How far scores may lie apart.
const TOLERANCE: f64 = 1e-3;

fn media() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(fixture("media")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

/// One window of each.
fn scan(url: Option<&str>, files: &[PathBuf]) -> Vec<Value> {
    let mut command = veritag();
    command.args(["scan", "--json", "--windows", "1"]).args(files).env("VERITAG__RUNNER__TIMEOUT_S", "600");
    if let Some(url) = url {
        command.args(["--runner", url]);
    }
    let output = run(&mut command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    documents(&output)
}

/// The same verdicts, and scores within the tolerance; those of `there` by a runner of that name.
fn assert_same(here: &[Value], there: &[Value], name: &str) {
    assert_eq!(here.len(), there.len());
    for (a, b) in here.iter().zip(there) {
        let path = &a["asset"]["path"];
        assert_eq!((&a["verdict"], &a["reason"]), (&b["verdict"], &b["reason"]), "{path}");
        let (score, other) = (a["score"].as_f64().unwrap_or(-1.0), b["score"].as_f64().unwrap_or(-1.0));
        assert!((score - other).abs() <= TOLERANCE, "{path}: {score} here, {other} on {name}");
        assert!(score < 0.0 || b["runner"].as_str().unwrap().starts_with(name), "{path}: {}", b["runner"]);
    }
}

#[test]
fn every_fixture_gets_the_same_scores_and_verdict_on_onnx_runtime() {
    let here = scan(None, &media());
    let onnx_runtime = runner(&[]);
    let there = scan(Some(&onnx_runtime.http()), &media());
    assert_same(&here, &there, "veritag-runner");
    let by = there.iter().find_map(|document| document["runners"].as_array()).unwrap();
    assert!(by[0]["engine"].as_str().unwrap().starts_with("onnxruntime 1."), "{by:?}");
    assert_eq!(by[0]["device"], "cpu");
}

/// In a build for tests, tract takes a second for two crops.
fn assert_same_on_tract(files: &[PathBuf]) {
    let tract = runner(&["--provider", "tract"]);
    assert_same(&scan(None, files), &scan(Some(&tract.grpc()), files), "veritag-runner");
}

#[test]
fn stills_get_the_same_scores_and_verdict_on_native_tract() {
    assert_same_on_tract(&["portrait.jpg", "alpha.png", "exif-rotated.jpg"].map(|name| fixture("media").join(name)));
}

#[test]
#[ignore = "takes minutes: make test-runner"]
fn every_fixture_gets_the_same_scores_and_verdict_on_native_tract() {
    assert_same_on_tract(&media());
}

/// One face as the sandbox sees it.
struct Face {
    scanner: Scanner,
    crops: TensorBatch,
    wanted: Analysis,
}

impl Face {
    fn new() -> Self {
        let manifest = Some(root().join("manifest.toml"));
        let setup = Setup { manifest, model: None, workers: Some(1), runner: None, ffmpeg: None, ffprobe: None };
        start::start_threads(1);
        let scanner = start::scanner(&setup, &config::Runner::default(), 1, Duration::from_secs(60)).unwrap();
        let crops = scanner.crops(&fixture("media/portrait.jpg")).unwrap().remove(0);
        let features = scanner.pool.infer(crops.clone()).unwrap().features;
        let wanted = scanner.pool.with(|instance| instance.decide(&features)).unwrap();
        Self { scanner, crops, wanted }
    }

    fn offload(&self, address: &str, fallback: bool) -> Offload {
        let config = config::Runner { fallback, timeout_s: 3, attempts: 2, ..config::Runner::default() };
        self.offload_as(&config, address)
    }

    fn offload_as(&self, config: &config::Runner, address: &str) -> Offload {
        Offload::open(config, &format!("http://{address}/v2/models/{MODEL}"), self.scanner.pool.clone()).unwrap()
    }

    /// The code of the error, or the name of the runner, whose features gave the verdict that is wanted.
    fn judge(&self, offload: &Offload) -> Result<String, &'static str> {
        let Inferred { features, by } = offload.infer(self.crops.clone()).map_err(|error| error.code())?;
        let found = self.scanner.pool.with(|instance| instance.decide(&features)).unwrap();
        assert_eq!(found.verdict, self.wanted.verdict);
        let (found, wanted) = (found.score.unwrap(), self.wanted.score.unwrap());
        assert!(f64::from((found - wanted).abs()) <= TOLERANCE, "{found} on {by:?}, {wanted} in the sandbox");
        Ok(by.name.split(' ').next().unwrap().to_owned())
    }
}

/// The request for the known answer goes through.
fn after_the_first(fault: Fault) -> impl Fn(usize) -> Fault + Send + Sync {
    move |nth| if nth == 0 { Fault::None } else { fault.clone() }
}

fn only_the_second(fault: Fault) -> impl Fn(usize) -> Fault + Send + Sync {
    move |nth| if nth == 1 { fault.clone() } else { Fault::None }
}

/// A runner with other weights, under the same name.
fn other() -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().unwrap();
    let bundle = other_weights(directory.path(), MODEL);
    (directory, runner(&["--model", bundle.to_str().unwrap()]))
}

#[test]
fn whatever_goes_wrong_changes_no_verdict_and_loses_nothing() {
    let (face, ours, (_directory, other)) = (Face::new(), runner(&[]), other());
    let faults = [
        (Fault::Killed, "runner-unreachable"),
        (Fault::Hangs, "runner-unreachable"),
        (Fault::Garbage, "runner-bad-answer"),
        (Fault::Status(500), "runner-refused"),
        (Fault::Status(503), "runner-refused"),
        (Fault::WrongShape, "runner-bad-answer"),
        (Fault::NotANumber, "runner-bad-answer"),
        (Fault::Elsewhere(other.address.clone()), "runner-other-bundle"),
    ];
    for (fault, code) in faults {
        let once = Faulty::before(&ours.address, only_the_second(fault.clone()));
        assert_eq!(face.judge(&face.offload(&once.address, false)), Ok("veritag-runner".into()), "once: {fault:?}");
        let always = Faulty::before(&ours.address, after_the_first(fault.clone()));
        assert_eq!(face.judge(&face.offload(&always.address, false)), Err(code), "always: {fault:?}");
        let always = Faulty::before(&ours.address, after_the_first(fault.clone()));
        assert_eq!(face.judge(&face.offload(&always.address, true)), Ok("sandbox".into()), "always: {fault:?}");
    }
    let slow = Faulty::before(&ours.address, |_| Fault::Slow);
    assert_eq!(face.judge(&face.offload(&slow.address, false)), Ok("veritag-runner".into()));
}

#[test]
fn of_two_runners_behind_one_address_only_the_one_with_the_right_weights_is_believed() {
    let (face, ours, (_directory, other)) = (Face::new(), runner(&[]), other());
    let elsewhere = other.address.clone();
    let both =
        Faulty::before(
            &ours.address,
            move |nth| {
                if nth % 2 == 1 { Fault::Elsewhere(elsewhere.clone()) } else { Fault::None }
            },
        );
    let offload = face.offload(&both.address, false);
    for _ in 0..4 {
        assert_eq!(face.judge(&offload), Ok("veritag-runner".into()));
    }
    assert_eq!(both.asked.load(Ordering::SeqCst), 9, "every answer with other weights was asked for again");
}

#[test]
fn a_runner_that_fails_again_and_again_is_left_alone() {
    let (face, ours) = (Face::new(), runner(&[]));
    let broken = Faulty::before(&ours.address, after_the_first(Fault::Status(500)));
    let offload = face.offload(&broken.address, false);
    let codes: Vec<_> = (0..5).map(|_| face.judge(&offload).unwrap_err()).collect();
    assert_eq!(codes, [["runner-refused"; 3].as_slice(), &["runner-paused"; 2]].concat());
    assert_eq!(broken.asked.load(Ordering::SeqCst), 7, "the known answer, and three times two attempts");
}

#[test]
fn crops_of_several_assets_travel_together_and_requests_bear_the_token() {
    let (face, ours, directory) = (Face::new(), runner(&[]), tempfile::tempdir().unwrap());
    let secret = directory.path().join("token");
    std::fs::write(&secret, "s3cret\n").unwrap();
    let token = Some(config::SecretRef::File(secret));
    let config = config::Runner { batch_wait_ms: 2000, max_batch: 3, token, ..config::Runner::default() };
    let between = Faulty::before(&ours.address, |_| Fault::None);
    let offload = face.offload_as(&config, &between.address);
    thread::scope(|scope| {
        let judged = [(); 3].map(|()| scope.spawn(|| face.judge(&offload)));
        judged.into_iter().for_each(|it| assert_eq!(it.join().unwrap(), Ok("veritag-runner".into())));
    });
    assert_eq!(between.asked.load(Ordering::SeqCst), 2, "the known answer, and three assets in one request");
    assert_eq!(between.bearer.lock().unwrap().as_deref(), Some("bearer s3cret"));
}

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

/// It takes bytes for a mistake, and says nothing of them in its metadata; as some servers of the protocol do.
#[test]
fn a_server_that_knows_no_bytes_is_spoken_to_in_json() {
    let (face, ours) = (Face::new(), runner(&[]));
    let address = json_only(ours.address.clone());
    let offload = face.offload(&address, false);
    assert_eq!(face.judge(&offload), Ok("plain".into()));
}

fn json_only(upstream: String) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let upstream = upstream.clone();
            thread::spawn(move || {
                let (mut bytes, mut piece) = (Vec::new(), [0; 1 << 16]);
                let (head, mut body) = loop {
                    let read = stream.read(&mut piece).unwrap_or(0);
                    bytes.extend_from_slice(&piece[..read]);
                    if let Some(at) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
                        break (String::from_utf8_lossy(&bytes[..at]).to_lowercase(), bytes.split_off(at + 4));
                    }
                    if read == 0 {
                        return;
                    }
                };
                let length =
                    head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
                while body.len() < length {
                    let read = stream.read(&mut piece).unwrap_or(0);
                    body.extend_from_slice(&piece[..read]);
                }
                let path = head.split(' ').nth(1).unwrap().to_owned();
                let (status, answer) = if path == "/v2" {
                    (200, br#"{"name":"plain","version":null,"extensions":[]}"#.to_vec())
                } else if head.contains("inference-header-content-length") {
                    (500, b"Traceback (most recent call last)".to_vec())
                } else {
                    let (client, url) = (reqwest::blocking::Client::new(), format!("http://{upstream}{path}"));
                    let request = if head.starts_with("post") { client.post(url).body(body) } else { client.get(url) };
                    let answer = request.send().unwrap();
                    (answer.status().as_u16(), answer.bytes().unwrap().to_vec())
                };
                let head =
                    format!("HTTP/1.1 {status} So\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer));
            });
        }
    });
    address
}

fn hash_of(bundle: &Path) -> String {
    veritag::model::Bundle::read(bundle).unwrap().id.sha256
}

#[test]
fn a_runner_with_other_weights_is_refused_at_once_naming_both_even_where_the_sandbox_may_stand_in() {
    let (directory, other) = other();
    let scan = |url: String| {
        run(veritag()
            .args(["scan", "--runner", &url])
            .arg(fixture("media/portrait.jpg"))
            .env("VERITAG__RUNNER__FALLBACK", "true"))
    };
    for url in [other.http(), other.grpc()] {
        let output = scan(url);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{told}");
        assert!(told.contains("runner-other-bundle"), "{told}");
        let [theirs, ours] =
            [directory.path().join(MODEL), root().join("plugin/model").join(MODEL)].map(|it| hash_of(&it));
        assert!(told.contains(&theirs) && told.contains(&ours), "{told}");
    }
    let frame = runner(&["--model", "lite0-frame"]);
    assert!(String::from_utf8_lossy(&scan(frame.http()).stderr).contains("runner-other-bundle"));
    let resnext = runner(&["--model", "resnext50-lstm"]);
    assert!(String::from_utf8_lossy(&scan(resnext.http()).stderr).contains("runner-other-"));
}

#[test]
fn a_runner_out_of_reach_is_told_and_the_sandbox_stands_in_if_it_may() {
    let scan = |fallback: &str| {
        let mut command = veritag();
        command.args(["scan", "--json", "--runner", "http://127.0.0.1:9/v2/models/lite0-lstm"]);
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
    for nth in 0..6 {
        std::fs::copy(fixture("media/portrait.jpg"), directory.path().join(format!("{nth}.jpg"))).unwrap();
    }
    let mut server = runner(&[]);
    let mut command = veritag();
    command.args(["scan", "--json", "--workers", "1", "--runner", &server.http()]).arg(directory.path());
    let mut child = command.env("VERITAG__RUNNER__FALLBACK", "true").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut documents = vec![lines.next().unwrap().unwrap()];
    server.kill();
    documents.extend(lines.map(Result::unwrap));
    assert!(child.wait().unwrap().success());
    let documents: Vec<Value> = documents.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(documents.len(), 6);
    assert!(documents.iter().all(|document| document["verdict"] == "real"));
    let by =
        |name: &str| documents.iter().filter(|document| document["runner"].as_str().unwrap().starts_with(name)).count();
    assert!(
        by("veritag-runner") > 0 && by("sandbox") > 0 && by("veritag-runner") + by("sandbox") == 6,
        "{documents:?}"
    );
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
    let (status, _) = post(MODEL, " ".repeat(4 << 20));
    assert_eq!(status, 413);
    let metrics = reqwest::blocking::get(format!("http://{}/metrics", server.address)).unwrap().text().unwrap();
    assert!(metrics.contains("veritag_runner_requests_total{outcome=\"refused\"}"), "{metrics}");
}

/// Made of the same bundle by `veritag model export`: with what changes from bundle to bundle taken out.
#[test]
fn an_export_for_triton_is_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let export = |name: &str, options: &[&str]| {
        let out = directory.path().join(name);
        let output = run(veritag().args(["model", "export", "triton"]).arg(&out).args(options));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(out.join(MODEL).join("1/model.onnx").is_file());
        std::fs::read_to_string(out.join(MODEL).join("config.pbtxt")).unwrap()
    };
    for (name, options) in [("gpu", &[][..]), ("fp16", &["--fp16", "--max-batch", "128", "--instances", "2"])] {
        let bundle = veritag::model::Bundle::read(&root().join("plugin/model").join(MODEL)).unwrap();
        let found = export(name, options).replace(&bundle.id.sha256, "SHA256").replace(&bundle.id.version, "VERSION");
        let golden = fixture("triton").join(format!("{name}.pbtxt"));
        if std::env::var_os("VERITAG_BLESS").is_some() {
            std::fs::write(&golden, &found).unwrap();
        }
        assert_eq!(found, std::fs::read_to_string(golden).unwrap());
    }
    let again = run(veritag().args(["model", "export", "triton"]).arg(directory.path().join("gpu")));
    assert!(String::from_utf8_lossy(&again.stderr).contains("output-not-empty"));
}

/// The exported repository as it is, but for the backend: this Triton's package has only that of Python.
fn repository(directory: &Path) {
    let output = run(veritag().args(["model", "export", "triton", "--cpu"]).arg(directory));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let model = directory.join(MODEL);
    let config = std::fs::read_to_string(model.join("config.pbtxt")).unwrap();
    std::fs::write(model.join("config.pbtxt"), config.replace("\"onnxruntime\"", "\"python\"")).unwrap();
    let packages = root().join("target/triton-python/lib/python3.11/site-packages");
    let script = std::fs::read_to_string(root().join("tests/triton/model.py")).unwrap();
    std::fs::write(model.join("1/model.py"), script.replace("SITE_PACKAGES", packages.to_str().unwrap())).unwrap();
}

fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

#[test]
#[ignore = "needs Triton: make test-runner"]
fn every_fixture_gets_the_same_scores_and_verdict_on_triton() {
    let (directory, ports) = (tempfile::tempdir().unwrap(), free_ports());
    repository(directory.path());
    let server = triton(directory.path(), MODEL, ports);
    let here = scan(None, &media());
    let there = scan(Some(&server.http()), &media());
    assert_same(&here, &there, "triton 2.");
    let by = there.iter().find_map(|document| document["runners"].as_array()).unwrap();
    assert_eq!(by[0]["device"], "cpu");
    let few = ["portrait.jpg", "real.mp4"].map(|name| fixture("media").join(name));
    let there = scan(Some(&format!("grpc://127.0.0.1:{}/{MODEL}", ports[1])), &few);
    assert_same(&scan(None, &few), &there, "triton 2.");
}

#[test]
#[ignore = "needs Triton's client: make test-runner"]
fn tritons_own_client_speaks_to_our_runner_over_http_and_grpc() {
    let server = runner(&[]);
    let mut client = Command::new(root().join("target/triton-python/bin/python"));
    client.arg(root().join("tests/triton/client.py")).args([&server.address, MODEL, "160"]);
    let output = run(&mut client);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ours = hash_of(&root().join("plugin/model").join(MODEL));
    for way in ["http", "json", "grpc"] {
        let answer = &answers[way];
        assert_eq!((&answer["name"], &answer["bundle"]), (&MODEL.into(), &ours.as_str().into()), "{way}");
        assert_eq!(answer["features"], answers["http"]["features"]);
        assert!(answer["refused"].as_str().unwrap().contains("no model another"), "{answer}");
    }
}

/// A certificate for `localhost`, its key and its issuer's certificate, in `directory`.
fn certificates(directory: &Path) {
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        assert!(run(command.args(arguments.split(' ')).current_dir(directory)).status.success(), "{arguments}");
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    std::fs::write(directory.join("names"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=issuer"));
    openssl(&format!("req {key} -keyout key.pem -out request.pem -subj /CN=localhost"));
    openssl("x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -days 2 -extfile names");
}

#[test]
#[ignore = "needs Python and openssl: make test-runner"]
fn over_tls_only_a_runner_with_the_certificate_is_believed() {
    let (directory, ours, [port, _]) = (tempfile::tempdir().unwrap(), runner(&[]), free_ports());
    certificates(directory.path());
    let mut proxy = Command::new("python3");
    proxy
        .arg(root().join("tests/triton/tls.py"))
        .args([&port.to_string(), &ours.address])
        .current_dir(directory.path());
    let mut proxy = proxy.stdout(Stdio::piped()).spawn().unwrap();
    BufReader::new(proxy.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    for scheme in ["https", "grpcs"] {
        let scan = |ca: &str| {
            let url = format!("{scheme}://localhost:{port}/v2/models/{MODEL}");
            let mut command = veritag();
            command.args(["scan", "--json", "--runner", &url]).arg(fixture("media/portrait.jpg"));
            run(command.env("VERITAG__RUNNER__CA", directory.path().join(ca)))
        };
        let document = documents(&scan("ca.pem")).remove(0);
        assert!(document["runner"].as_str().unwrap().starts_with("veritag-runner"), "{scheme}: {document:#}");
        std::fs::copy(fixture("hooks/sns.pem"), directory.path().join("other.pem")).unwrap();
        let told = String::from_utf8_lossy(&scan("other.pem").stderr).into_owned();
        assert!(told.contains("runner-unreachable"), "{scheme}: {told}");
    }
    proxy.kill().unwrap();
    proxy.wait().unwrap();
}

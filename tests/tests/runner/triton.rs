//! NVIDIA's Triton: what is exported for it, its server, its client.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use veritag_tests::runner::{runner, triton};
use veritag_tests::{MODEL, fixture, root, run, veritag};

use super::parity::{assert_same, media, scan};
use super::{free_ports, hash_of};

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

//! Runners behind TLS.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use veritag_tests::runner::runner;
use veritag_tests::{MODEL, documents, fixture, root, run, veritag};

use super::free_ports;

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

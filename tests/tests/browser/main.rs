//! The review pages in a real browser, and every operation of the API with inputs that its document allows.
//! `make test-browser` brings what they need and runs them.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use veritag_tests::people::{PEOPLE, write_tokens};
use veritag_tests::service::{SOURCES, Service, Site, only_job};
use veritag_tests::{fixture, root, run};

fn site(more: &str) -> (Site, Service) {
    let site = Site::new(&format!("{SOURCES}{PEOPLE}{more}"));
    write_tokens(&site);
    let service = site.serve();
    for name in ["manipulated.mp4", "two-faces.mp4", "portrait.jpg", "no-face.mp4"] {
        fs::copy(fixture(&format!("media/{name}")), site.media(name)).unwrap();
        let job = only_job(service.hook("own", json!({ "path": name }).to_string()));
        assert_eq!(service.outcome(&job)["state"], "done");
    }
    (site, service)
}

/// Of those that `.setup/browser.sh` brings.
fn program(name: &str) -> Command {
    let program = root().join("target/browser-python/bin").join(name);
    assert!(Path::new(&program).is_file(), "{} is not there: run `make test-browser`", program.display());
    Command::new(program)
}

fn succeeds(command: &mut Command) {
    let output = run(command);
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    println!("{text}");
    assert!(output.status.success(), "{text}");
}

#[test]
#[ignore = "needs a browser: make test-browser"]
fn people_review_by_keyboard_in_light_dark_and_on_a_phone() {
    let (_site, service) = site("");
    let script = root().join("tests/tests/browser/review.py");
    succeeds(program("python").arg(script).arg(&service.address).arg(root().join("target/screenshots")));
}

#[test]
#[ignore = "needs Schemathesis: make test-browser"]
fn no_input_that_the_api_allows_is_a_fault_of_the_server() {
    let (_site, service) = site("");
    let mut command = program("schemathesis");
    command.arg("run").arg(service.url("/openapi.json")).args(["--checks", "not_a_server_error"]);
    command.args(["--max-examples", "30", "--phases", "examples,coverage,fuzzing", "--exclude-path-regex", "events$"]);
    command.args(["--header", "Authorization: Bearer root", "--suppress-health-check", "all"]);
    succeeds(&mut command);
}

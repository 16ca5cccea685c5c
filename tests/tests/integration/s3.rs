//! Moto, which keeps keys as Amazon does: every one of them is an object of its own.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use veritag::files::sha256;
use veritag_tests::run;
use veritag_tests::service::Site;

use crate::process::{Process, free_port, program, until};

const KEYS: [&str; 14] = [
    "lead.jpg",
    "/lead.jpg",
    "a//b.jpg",
    "./x.jpg",
    "..",
    "../up.jpg",
    "a/../b.jpg",
    "b.jpg",
    "100%.jpg",
    "q?x=1.jpg",
    "h#a.jpg",
    "a+b c.jpg",
    "e\u{301}.jpg",
    "dirmark",
];

/// What a request says, its path sent as it is.
fn request(port: u16, arguments: &[&str], path: &str) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail", "--path-as-is", "--aws-sigv4", "aws:amz:us-east-1:s3"]);
    command.args(["--user", "access:secret"]).args(arguments).arg(format!("http://127.0.0.1:{port}/media{path}"));
    let output = run(&mut command);
    assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn encoded(key: &str) -> String {
    let byte = |byte: u8| match byte {
        b'/' | b'.' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    key.bytes().map(byte).collect()
}

#[test]
#[ignore = "make test-integration"]
fn every_key_is_an_object_of_its_own() {
    let port = free_port();
    let site = Site::new(&format!(
        "[[source]]\nname = 'bucket'\ndialect = 's3'\ntoken = {{ env = 'VERITAG_TEST_TOKEN' }}\nstore = 'store'\n\
         [[store]]\nname = 'store'\nbuckets = ['media']\nendpoint = 'http://127.0.0.1:{port}'\ntag_objects = true\n\
         access_key = {{ file = 'ROOT/access' }}\nsecret_key = {{ file = 'ROOT/secret' }}\n"
    ));
    ["access", "secret"].iter().for_each(|name| fs::write(site.media(name), name).unwrap());
    let mut moto = Command::new(program("moto_server"));
    moto.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null());
    moto.stderr(File::create(site.directory.path().join("moto.log")).unwrap());
    let _moto = Process::listening(moto, port);
    request(port, &["-X", "PUT"], "");
    request(port, &["-X", "PUT"], "/dirmark/");
    // Of what curl takes for a form, which it is by default, Moto keeps nothing.
    let put = ["-X", "PUT", "-H", "content-type: application/octet-stream", "--data-binary"];
    for key in KEYS {
        request(port, &[&put[..], &[&format!("the object at {key}")]].concat(), &format!("/{}", encoded(key)));
    }
    let service = site.serve();
    let rescanned = run(&mut site.command(&["rescan", "--apply"]));
    assert!(String::from_utf8_lossy(&rescanned.stdout).starts_with("bucket: 14 in the library, 14 missing"));
    until("all are done", || service.get("/metrics").text().unwrap().contains("veritag_jobs{state=\"done\"} 14"));
    for key in KEYS {
        let tags = request(port, &[], &format!("/{}?tagging", encoded(key)));
        assert!(tags.contains("not-assessed"), "{key}: {tags}");
        let object = json!({"key": encoded(key).replace('/', "%2F"), "eTag": "told", "size": 9});
        let record = json!({"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "media"}, "object": object}});
        let answer: Value = service.hook("bucket", json!({"Records": [record]}).to_string()).json().unwrap();
        let job = service.outcome(answer["jobs"][0].as_str().unwrap());
        let expected = sha256(format!("the object at {key}").as_bytes());
        assert_eq!(job["assessment"]["asset"]["sha256"], expected, "{key}: {job:#}");
    }
    assert!(!request(port, &[], "/dirmark/?tagging").contains("not-assessed"));
}

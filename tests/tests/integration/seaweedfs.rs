//! SeaweedFS: an object is put by S3, the filer tells us, the object is tagged.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use veritag_tests::service::{Site, TOKEN};
use veritag_tests::{fixture, run};

use crate::process::{Process, free_port, program, until};

const KEYS: &str = r#"{"identities": [{"name": "veritag", "credentials": [{"accessKey": "access", "secretKey": "secret"}],
    "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}"#;

struct SeaweedFs {
    _process: Process,
    s3: String,
}

impl SeaweedFs {
    /// Tells `hook` of everything in the bucket `media`.
    fn start(directory: &Path, port: u16, hook: &str) -> Self {
        fs::create_dir_all(directory.join("data")).unwrap();
        fs::write(directory.join("s3.json"), KEYS).unwrap();
        let notify = format!(
            "[notification.webhook]\nenabled = true\nendpoint = \"{hook}\"\nbearer_token = \"{TOKEN}\"\n\
             path_prefixes = [\"/buckets/media\"]\nevent_types = [\"create\", \"update\"]\n"
        );
        fs::write(directory.join("notification.toml"), notify).unwrap();
        let mut command = Command::new(program("weed"));
        command.args(["server", "-ip=127.0.0.1", "-dir=data", "-filer", "-s3", "-s3.config=s3.json"]);
        command.arg(format!("-s3.port={port}"));
        for part in ["master", "volume", "filer"] {
            command.arg(format!("-{part}.port={}", free_port())).arg(format!("-{part}.port.grpc={}", free_port()));
        }
        let log = File::create(directory.join("weed.log")).unwrap();
        command.arg(format!("-s3.port.grpc={}", free_port())).current_dir(directory);
        command.stdout(Stdio::null()).stderr(log);
        Self { _process: Process::listening(command, port), s3: format!("http://127.0.0.1:{port}") }
    }

    /// A signed request; gives the status and the answer.
    fn request(&self, arguments: &[&str], path: &str) -> (String, String) {
        let mut command = Command::new("curl");
        command.args([
            "--silent",
            "--aws-sigv4",
            "aws:amz:us-east-1:s3",
            "--user",
            "access:secret",
            "-w",
            "\n%{http_code}",
        ]);
        let output = run(command.args(arguments).arg(format!("{}/{path}", self.s3)));
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap();
        (status.to_owned(), body.to_owned())
    }
}

#[test]
#[ignore = "make test-integration"]
fn an_object_that_is_put_is_tagged_and_keeps_its_own_tags() {
    let port = free_port();
    let sources = format!(
        "[[source]]\nname = 'weed'\ndialect = 'seaweedfs'\ntoken = {{ env = 'VERITAG_TEST_TOKEN' }}\nstore = 'weed'\n\
         [[store]]\nname = 'weed'\nbuckets = ['media']\nendpoint = 'http://127.0.0.1:{port}'\ntag_objects = true\n\
         access_key = {{ file = 'ROOT/access' }}\nsecret_key = {{ file = 'ROOT/secret' }}\n"
    );
    let site = Site::new(&sources);
    ["access", "secret"].iter().for_each(|name| fs::write(site.media(name), name).unwrap());
    let service = site.serve();
    let weed = SeaweedFs::start(&site.directory.path().join("weed"), port, &service.url("/v1/hooks/weed"));
    until("the bucket is made", || weed.request(&["-X", "PUT"], "media").0 == "200");

    let portrait = fixture("media/portrait.jpg");
    let put = ["-H", "x-amz-tagging: owner=ann", "-T", portrait.to_str().unwrap()];
    assert_eq!(weed.request(&put, "media/in/port%20rait.jpg").0, "200");
    let tags = || weed.request(&[], "media/in/port%20rait.jpg?tagging=").1;
    until("the object is tagged", || tags().contains("deepfake-check"));
    let found = tags();
    assert!(found.contains("<Value>no-manipulation-found</Value>"), "{found}");
    assert!(found.contains("<Key>owner</Key>") && found.contains("<Value>ann</Value>"), "{found}");

    let reviewed = ["-H", "x-amz-tagging: deepfake-check=seen-by-ann", "-T", portrait.to_str().unwrap()];
    assert_eq!(weed.request(&reviewed, "media/in/reviewed.jpg").0, "200");
    until("it stays as it is", || site.log().contains("which is not ours"));
    let anns = weed.request(&[], "media/in/reviewed.jpg?tagging=").1;
    assert!(anns.contains("<Value>seen-by-ann</Value>") && !anns.contains("no-manipulation-found"), "{anns}");

    // A store tells of every change, of tags too.
    std::thread::sleep(Duration::from_secs(5));
    let metrics = service.get("/metrics").text().unwrap();
    assert!(metrics.contains("veritag_jobs{state=\"done\"} 2"), "tagging is no new upload: {metrics}");

    let untagged = run(&mut site.command(&["untag", "--all", "--apply"]));
    assert_eq!(String::from_utf8_lossy(&untagged.stdout), "untagged 1\n", "{untagged:?}");
    let left = tags();
    assert!(!left.contains("deepfake-check") && left.contains("<Value>ann</Value>"), "{left}");
}

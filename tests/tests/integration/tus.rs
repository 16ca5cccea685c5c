//! A resumable upload to @tus/server: it is interrupted, goes on, and is tagged.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use reqwest::blocking::Client;
use veritag_tests::service::{Site, TOKEN, wait_for};
use veritag_tests::{fixture, root};

use crate::process::{Process, free_port};

const SERVER: &str = r#"
import { createServer } from "node:http"
import { Server } from "@tus/server"
import { FileStore } from "@tus/file-store"
import { tellVeritag } from "VERITAG"
const [port, directory, url, token] = process.argv.slice(2)
const tus = new Server({
  path: "/files", datastore: new FileStore({ directory }), onUploadFinish: tellVeritag({ url, token }),
})
createServer(tus.handle.bind(tus)).listen(Number(port), "127.0.0.1")
"#;

#[test]
#[ignore = "make test-integration"]
fn a_resumed_upload_is_tagged() {
    let site = Site::new(
        "[[source]]\nname = 'tus'\ndialect = 'veritag'\ntoken = { env = 'VERITAG_TEST_TOKEN' }\nroot = 'ROOT'\n",
    );
    let service = site.serve();
    let modules = root().join("target/integration-node");
    let script = modules.join(format!("server-{}.mjs", std::process::id()));
    let ours = root().join("host/integrations/tus-node/veritag.mjs");
    fs::write(&script, SERVER.replace("VERITAG", ours.to_str().unwrap())).unwrap();
    let port = free_port();
    let mut command = Command::new("node");
    command.arg(&script).arg(port.to_string()).arg(site.media("")).args([&service.address, TOKEN]);
    let log = File::create(site.directory.path().join("node.log")).unwrap();
    let _server = Process::listening(
        {
            command.stdout(Stdio::null()).stderr(log);
            command
        },
        port,
    );

    let http = Client::new();
    let tus = |request: reqwest::blocking::RequestBuilder| request.header("tus-resumable", "1.0.0").send().unwrap();
    let bytes = fs::read(fixture("media/no-face.mp4")).unwrap();
    let create = http.post(format!("http://127.0.0.1:{port}/files")).header("upload-length", bytes.len());
    let created = tus(create.header("upload-metadata", "filename Y2xpcC5tcDQ="));
    assert_eq!(created.status(), 201);
    let location = created.headers()["location"].to_str().unwrap().to_owned();
    let location = location.replacen("http:///", "/", 1);
    let location = if location.starts_with('/') { format!("http://127.0.0.1:{port}{location}") } else { location };
    for (offset, piece) in [(0, &bytes[..1000]), (1000, &bytes[1000..])] {
        let patch = http.patch(&location).header("upload-offset", offset);
        let patch = patch.header("content-type", "application/offset+octet-stream").body(piece.to_vec());
        assert_eq!(tus(patch).status(), 204);
    }
    let id = location.rsplit('/').next().unwrap();
    wait_for(&site.media(&format!("{id}.veritag.json")));
    fs::remove_file(script).unwrap();
}

//! Directus: an editor uploads an image and a video, and later another image in the place of the first.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use reqwest::blocking::multipart::Form;
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};
use veritag::files::sha256;
use veritag_tests::service::{Site, TOKEN};
use veritag_tests::{fixture, root, run};

use crate::process::{Process, free_port, until};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ADMIN: [&str; 2] = ["ann@example.com", "a-password"];

struct Directus {
    _process: Process,
    url: String,
    editor: String,
}

impl Directus {
    /// A new project in `directory`, with our extension as its README says.
    fn start(directory: &Path, uploads: &Path, port: u16, veritag: &str) -> Self {
        let modules = root().join("target/integration-directus/node_modules");
        fs::create_dir_all(directory.join("extensions/veritag")).unwrap();
        symlink(&modules, directory.join("node_modules")).unwrap();
        fs::write(directory.join("package.json"), r#"{"name": "library"}"#).unwrap();
        for file in ["package.json", "index.js"] {
            let ours = root().join("host/integrations/directus").join(file);
            fs::copy(ours, directory.join("extensions/veritag").join(file)).unwrap();
        }
        let settings = format!(
            "KEY=a-key\nSECRET=a-secret\nDB_CLIENT=sqlite3\nDB_FILENAME=data.db\nADMIN_EMAIL={}\nADMIN_PASSWORD={}\n\
             HOST=127.0.0.1\nPORT={port}\nTELEMETRY=false\nCACHE_ENABLED=false\nSTORAGE_LOCATIONS=local\n\
             STORAGE_LOCAL_DRIVER=local\nSTORAGE_LOCAL_ROOT={}\nVERITAG_URL={veritag}\nVERITAG_TOKEN={TOKEN}\n\
             VERITAG_SECRET={SECRET}\n",
            ADMIN[0],
            ADMIN[1],
            uploads.display()
        );
        fs::write(directory.join(".env"), settings).unwrap();
        let directus = |what: &str| {
            let mut command = Command::new(modules.join(".bin/directus"));
            let log = File::create(directory.join(format!("{what}.log"))).unwrap();
            command.arg(what).current_dir(directory).stdout(log.try_clone().unwrap()).stderr(log);
            command
        };
        assert!(run(&mut directus("bootstrap")).status.success());
        let process = Process::listening(directus("start"), port);
        let url = format!("http://127.0.0.1:{port}");
        let login = Client::new().post(format!("{url}/auth/login"));
        let answer: Value =
            login.json(&json!({"email": ADMIN[0], "password": ADMIN[1]})).send().unwrap().json().unwrap();
        let editor = answer["data"]["access_token"].as_str().unwrap().to_owned();
        Self { _process: process, url, editor }
    }

    fn send(&self, request: RequestBuilder) -> Value {
        let answer = request.bearer_auth(&self.editor).send().unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().unwrap());
        answer.json::<Value>().unwrap()["data"].take()
    }

    fn upload(&self, name: &str) -> String {
        let form = Form::new().text("tags", r#"["by-ann"]"#).file("file", fixture("media").join(name)).unwrap();
        let made = self.send(Client::new().post(format!("{}/files", self.url)).multipart(form));
        made["id"].as_str().unwrap().to_owned()
    }

    fn replace(&self, id: &str, name: &str) {
        let form = Form::new().file("file", fixture("media").join(name)).unwrap();
        self.send(Client::new().patch(format!("{}/files/{id}", self.url)).multipart(form));
    }

    fn tags(&self, id: &str) -> Value {
        self.send(Client::new().get(format!("{}/files/{id}", self.url)))["tags"].take()
    }
}

#[test]
#[ignore = "make test-integration"]
fn what_an_editor_uploads_or_replaces_is_tagged() {
    let port = free_port();
    let site = Site::new(&format!(
        "[[source]]\nname = 'directus'\ndialect = 'veritag'\ntoken = {{ env = 'VERITAG_TEST_TOKEN' }}\nroot = 'ROOT'\n\
         [[webhook]]\nurl = 'http://127.0.0.1:{port}/veritag'\nsecret = {{ file = 'ROOT/secret' }}\n"
    ));
    fs::write(site.media("secret"), SECRET).unwrap();
    let service = site.serve();
    let directus = Directus::start(&site.directory.path().join("directus"), &site.media(""), port, &service.address);

    let (image, video) = (directus.upload("portrait.jpg"), directus.upload("no-face.mp4"));
    let becomes = |id: &str, keyword: &str| {
        let wanted = json!(["by-ann", format!("deepfake-check:{keyword}")]);
        until(&format!("{id} is tagged {keyword}"), || directus.tags(id) == wanted);
    };
    becomes(&image, "no-manipulation-found");
    becomes(&video, "not-assessed");
    let sha256 = sha256(&fs::read(fixture("media/portrait.jpg")).unwrap());
    let review = service.http.put(service.url(&format!("/v1/assets/{sha256}/review"))).bearer_auth(TOKEN);
    assert_eq!(review.body(r#"{"decision": "fake", "by": "ann"}"#).send().unwrap().status(), 200);
    becomes(&image, "reviewed-as-fake");
    directus.replace(&image, "tiny-face.mp4");
    becomes(&image, "not-assessed");
    let metrics = service.get("/metrics").text().unwrap();
    assert!(metrics.contains("veritag_jobs{state=\"done\"} 3"), "tagging is no new upload: {metrics}");

    let unsigned = Client::new().post(format!("{}/veritag", directus.url)).body("{}").send().unwrap();
    assert_eq!(unsigned.status(), 401);
}

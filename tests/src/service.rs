//! A running `veritag serve`, and what is needed to talk to it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::blocking::multipart::Form;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::postgres::Postgres;
use crate::veritag;

/// Longer than a slow machine takes.
const PATIENCE: Duration = Duration::from_secs(120);
pub const TOKEN: &str = "a-token-of-the-tests";

/// A source of our own dialect, which may fetch from three hosts, and a tusd that refuses what seems real.
pub const SOURCES: &str = r#"
[[source]]
name = "own"
dialect = "veritag"
token = { env = "VERITAG_TEST_TOKEN" }
root = "ROOT"
hosts = ["127.0.0.1:1", "localhost:1", "example.invalid"]

[[source]]
name = "tus"
dialect = "tusd"
token = { env = "VERITAG_TEST_TOKEN" }
root = "ROOT"
reject = ["real"]
"#;

/// A site for a service: its configuration, its database, its media.
pub struct Site {
    pub directory: TempDir,
    pub database: String,
}

/// A process that is killed at the end of the test.
pub struct Service {
    child: Child,
    pub address: String,
    pub http: Client,
}

impl Site {
    /// With `sources`, in TOML, in which `ROOT` stands for the media directory. The token of all is [`TOKEN`].
    pub fn new(sources: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let media = directory.path().join("media");
        std::fs::create_dir(&media).expect("a new directory");
        let sources = sources.replace("ROOT", media.to_str().expect("UTF-8"));
        let spool = directory.path().join("spool");
        let config = format!("[service]\nspool = {spool:?}\nmax_bytes = 10000000\nwindows = 1\ndrain_s = 2\n{sources}");
        std::fs::write(directory.path().join("veritag.toml"), config).expect("a new file");
        let database = format!("sqlite://{}", directory.path().join("veritag.db").display());
        Self { directory, database }
    }

    /// With its records and its queue in `postgres`.
    pub fn in_postgres(sources: &str, postgres: &Postgres) -> Self {
        Self { database: postgres.url.clone(), ..Self::new(sources) }
    }

    pub fn media(&self, name: &str) -> PathBuf {
        self.directory.path().join("media").join(name)
    }

    pub fn config(&self) -> PathBuf {
        self.directory.path().join("veritag.toml")
    }

    /// `veritag` with this site's configuration and database.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = veritag();
        command.args(arguments).arg("--config").arg(self.config()).args(["--database", &self.database]);
        command.env("VERITAG_TEST_TOKEN", TOKEN).env("VERITAG_WORKERS", "1");
        command
    }

    /// Starts `veritag serve` and waits until it listens.
    pub fn serve(&self) -> Service {
        self.serve_with(&[])
    }

    /// The same, with `options`.
    pub fn serve_with(&self, options: &[&str]) -> Service {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(options);
        let log = std::fs::File::options().append(true).create(true).open(self.directory.path().join("log"));
        let mut child = command.stdout(Stdio::piped()).stderr(log.expect("a log")).spawn().expect("veritag starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("UTF-8");
        let address = line.trim().rsplit_once(' ').map(|(_, address)| address.to_owned());
        let address = address.unwrap_or_else(|| panic!("it did not start:\n{}", self.log()));
        let _ = rustls::crypto::ring::default_provider().install_default();
        Service { child, address, http: Client::new() }
    }

    /// Runs a statement in the database; gives the number that it answers with, if it does.
    pub fn sql(&self, statement: &'static str) -> Option<i64> {
        sqlx::any::install_default_drivers();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let pool = sqlx::AnyPool::connect(&self.database).await.expect("a database");
            sqlx::query_scalar(statement).fetch_optional(&pool).await.expect("SQL")
        })
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Service {
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// A request that bears [`TOKEN`].
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(self.url(path)).bearer_auth(TOKEN)
    }

    /// Sends a message to a source that [`TOKEN`] opens.
    pub fn hook(&self, source: &str, body: impl Into<reqwest::blocking::Body>) -> Response {
        self.post(&format!("/v1/hooks/{source}")).body(body).send().expect("the service answers")
    }

    /// The job, once it is no longer waiting.
    pub fn outcome(&self, id: &str) -> Value {
        self.job(id, |job| job["state"] != "waiting")
    }

    /// The job, once it is no longer waiting or says what went wrong.
    pub fn outcome_or_error(&self, id: &str) -> Value {
        self.job(id, |job| job["state"] != "waiting" || job["error_code"].is_string())
    }

    fn job(&self, id: &str, enough: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let job: Value = self.get(&format!("/v1/jobs/{id}")).json().expect("JSON");
            if enough(&job) {
                return job;
            }
            assert!(Instant::now() < deadline, "still waiting: {job:#}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub fn get(&self, path: &str) -> Response {
        self.http.get(self.url(path)).send().expect("the service answers")
    }

    /// As `kill -9` does.
    pub fn kill(mut self) {
        self.end();
    }

    /// As a service manager does; gives the exit status.
    pub fn stop(mut self) -> Option<i32> {
        let killed = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(killed.success());
        self.child.wait().expect("it ends").code()
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
    }
}

/// Uploads a file as a form; gives the id of its job.
pub fn upload(service: &Service, file: &Path) -> String {
    let form = Form::new().file("file", file).expect("a file");
    only_job(service.post("/v1/assets").multipart(form).send().expect("the service answers"))
}

/// What tusd sends about an upload that lies at `name`.
pub fn tusd(kind: &str, site: &Site, name: &str) -> String {
    let path = site.media(name);
    json!({"Type": kind, "Event": {"Upload": {"ID": name, "MetaData": {"filename": "p.jpg"},
        "Storage": {"Type": "filestore", "Path": path}}, "HTTPRequest": {}}})
    .to_string()
}

/// The only job that an answer names.
pub fn only_job(answer: Response) -> String {
    assert_eq!(answer.status(), 202, "{}", answer.text().unwrap_or_default());
    let answer: Value = answer.json().expect("JSON");
    answer["jobs"].as_array().filter(|jobs| jobs.len() == 1).expect("one job")[0].as_str().expect("an id").to_owned()
}

/// Waits for a file to be there.
pub fn wait_for(path: &Path) {
    let deadline = Instant::now() + PATIENCE;
    while !path.exists() {
        assert!(Instant::now() < deadline, "{} does not come", path.display());
        std::thread::sleep(Duration::from_millis(100));
    }
}

//! From an upload to its answer, whatever fails on the way.

use std::fs;

use reqwest::blocking::multipart::Form;
use serde_json::{Value, json};
use veritag_tests::postgres::Postgres;
use veritag_tests::service::{SOURCES, Site, only_job, tusd, upload};
use veritag_tests::{fixture, hostile_manifest};

#[test]
fn an_upload_is_assessed_and_gone() {
    let site = Site::new(SOURCES);
    let service = site.serve();
    let id = upload(&service, &fixture("media/portrait.jpg"));
    let job = service.outcome(&id);
    assert_eq!(job["state"], "done", "{job:#}\n{}", site.log());
    assert_eq!(job["assessment"]["asset"]["path"], "portrait.jpg");
    assert!(job["assessment"]["score"].is_number());
    assert_eq!(fs::read_dir(site.directory.path().join("spool/uploads")).unwrap().count(), 0);

    let again = service.outcome(&upload(&service, &fixture("media/portrait.jpg")));
    assert_eq!(again["assessment"]["assessed_at"], job["assessment"]["assessed_at"], "known by its sha256");
    let events = service.get(&format!("/v1/jobs/{id}/events")).text().unwrap();
    assert!(events.starts_with("event: job\ndata: {") && events.contains(r#""state":"done""#), "{events}");
}

#[test]
fn a_form_says_what_an_upload_is_called_and_holds_one() {
    let site = Site::new(SOURCES);
    let service = site.serve();
    let form = || Form::new().text("external", "99").file("file", fixture("media/portrait.jpg")).unwrap();
    let send = |form: Form| service.post("/v1/assets").multipart(form).send().unwrap();
    let job = service.outcome(&only_job(send(form().text("name", "nice.jpg").text("csrf", "x"))));
    assert_eq!((&job["name"], &job["external"]), (&json!("nice.jpg"), &json!("99")), "{job:#}");
    let second = |name| form().file(name, fixture("media/portrait.jpg")).unwrap();
    for wrong in [second("file"), second("other"), form().text("name", "x".repeat(5000)), Form::new().text("name", "x")]
    {
        let answer = send(wrong);
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.json::<Value>().unwrap()["code"], "hook-malformed");
    }
    assert_eq!(fs::read_dir(site.directory.path().join("spool/uploads")).unwrap().count(), 0, "none is kept");
}

#[test]
fn what_is_said_of_an_upload_names_no_place_on_this_machine() {
    let site = Site::new(SOURCES);
    let service = site.serve();
    fs::write(site.media("empty.jpg"), "").unwrap();
    let job = service.outcome(&upload(&service, &site.media("empty.jpg")));
    assert_eq!(job["assessment"]["error"], json!({"code": "media-empty", "message": "the file is empty"}));
}

#[test]
fn what_has_failed_is_tried_anew_when_it_is_announced_again() {
    let site = Site::new(SOURCES);
    let config = fs::read_to_string(site.config()).unwrap();
    fs::write(site.config(), config.replace("[service]\n", "[service]\nattempts = 1\n")).unwrap();
    let service = site.serve();
    let announce = || only_job(service.hook("own", r#"{"path": "late.jpg", "version": "1"}"#));
    let id = announce();
    let job = service.outcome(&id);
    assert_eq!((&job["state"], &job["error_code"]), (&json!("failed"), &json!("fetch-not-found")));
    fs::copy(fixture("media/portrait.jpg"), site.media("late.jpg")).unwrap();
    assert_eq!(announce(), id);
    assert_eq!(service.outcome(&id)["state"], "done");
}

/// The same bytes would fail again: it is tried once, and nothing waits for the sandbox meanwhile.
#[test]
fn what_an_asset_or_the_plugin_is_to_blame_for_is_not_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let traps = hostile_manifest(directory.path(), "traps");
    let cases = [("--ffprobe", fixture("tools/endless"), "ffmpeg-timeout"), ("--manifest", traps, "plugin-trapped")];
    for (option, value, code) in cases {
        let site = Site::new(SOURCES);
        let config = fs::read_to_string(site.config()).unwrap();
        fs::write(site.config(), config.replace("[service]\n", "[service]\ntimeout_s = 1\n")).unwrap();
        let service = site.serve_with(&[option, value.to_str().unwrap()]);
        let job = service.outcome(&upload(&service, &fixture("media/portrait.jpg")));
        assert_eq!((&job["state"], &job["error_code"]), (&json!("failed"), &json!(code)), "{}", site.log());
        assert_eq!(job["attempts"], 1, "{job:#}");
    }
}

#[test]
fn what_is_announced_twice_at_once_is_redone_once() {
    let postgres = Postgres::start();
    let site = Site::in_postgres(SOURCES, &postgres);
    let config = fs::read_to_string(site.config()).unwrap();
    fs::write(site.config(), config.replace("[service]\n", "[service]\nattempts = 1\n")).unwrap();
    let service = site.serve();
    let announce = || only_job(service.hook("own", r#"{"path": "late.jpg", "version": "1"}"#));
    let id = announce();
    assert_eq!(service.outcome(&id)["state"], "failed");
    fs::copy(fixture("media/portrait.jpg"), site.media("late.jpg")).unwrap();
    std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(announce))));
    assert_eq!(service.outcome(&id)["state"], "done");
    assert_eq!(site.sql("SELECT generation FROM jobs"), Some(2), "one for the failure, one for all that came after");
}

#[test]
fn hosts_that_never_answer_hold_up_no_upload() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = silent.local_addr().unwrap().to_string();
    let site =
        Site::new(&SOURCES.replace("\"127.0.0.1:1\"", &format!("{host:?}")).replace("hosts", "private = true\nhosts"));
    let service = site.serve();
    for number in 0..20 {
        only_job(service.hook("own", json!({ "url": format!("http://{host}/{number}") }).to_string()));
    }
    silent.accept().expect("a fetch has begun");
    fs::copy(fixture("media/portrait.jpg"), site.media("a.jpg")).unwrap();
    let answer: Value = service.hook("tus", tusd("pre-finish", &site, "a.jpg")).json().unwrap();
    assert_eq!(answer["HTTPResponse"]["StatusCode"], 422, "{answer:#}");
}

#[test]
fn the_path_of_a_database_may_have_any_character() {
    let site = Site::new(SOURCES);
    let directory = site.directory.path().join("a directory, 100%");
    let url = format!("sqlite://{}/a%20b.db", directory.to_str().unwrap().replace('%', "%25"));
    let site = Site { database: url, ..site };
    let service = site.serve();
    service.outcome(&upload(&service, &fixture("media/no-face.mp4")));
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| name.starts_with("a b.db")), "one file, and what SQLite keeps beside it");
}

#[test]
fn events_end_with_the_last_state_though_it_came_in_the_same_millisecond() {
    let site = Site::new(SOURCES);
    let service = site.serve();
    let id = only_job(service.hook("own", r#"{"path": "late.jpg"}"#));
    assert_eq!(service.outcome_or_error(&id)["error_code"], "fetch-not-found");
    let stream = service.http.get(service.url(&format!("/v1/jobs/{id}/events")));
    let mut stream = std::io::BufReader::new(stream.timeout(std::time::Duration::from_secs(30)).send().unwrap());
    let mut events = String::new();
    std::io::BufRead::read_line(&mut stream, &mut events).unwrap();
    site.sql("UPDATE jobs SET state = 'failed'");
    std::io::Read::read_to_string(&mut stream, &mut events).expect("the stream ends");
    assert!(events.contains(r#""state":"failed""#), "{events}");
}

#[test]
fn health_figures_and_the_document_are_there() {
    let site = Site::new(SOURCES);
    let service = site.serve();
    service.outcome(&upload(&service, &fixture("media/portrait.jpg")));
    assert_eq!(service.get("/health/live").text().unwrap(), "live\n");
    assert_eq!(service.get("/health/ready").text().unwrap(), "ready\n");
    let metrics = service.get("/metrics").text().unwrap();
    for line in ["veritag_jobs{state=\"done\"} 1", "veritag_assessments_total{verdict=\"real\"} 1"] {
        assert!(metrics.contains(line), "{metrics}");
    }
    let document: Value = service.get("/openapi.json").json().unwrap();
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    assert!(paths.iter().any(|path| *path == "/v1/hooks/{source}"), "{paths:?}");
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    assert_eq!(document["security"], json!([{ "token": [] }]));
    assert_eq!(document["paths"]["/health/live"]["get"]["security"], json!([{}]));
    assert_eq!(service.stop(), Some(0));
}

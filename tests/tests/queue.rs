//! The queue: nothing is lost, nothing is done twice, by whichever process, however often it is killed.

use std::fs::{self, File};
use std::time::Duration;

use reqwest::blocking::multipart::Form;
use serde_json::{Value, json};
use veritag_tests::postgres::Postgres;
use veritag_tests::service::{SOURCES, Service, Site, only_job, tusd, upload, wait_for};
use veritag_tests::{fixture, run};

/// Files that are not the same, each of them all that `from` is.
fn copies(site: &Site, from: &str, number: u8) -> Vec<String> {
    let bytes = fs::read(fixture("media").join(from)).unwrap();
    let copy = |number: u8| {
        let name = format!("{number}-{from}");
        fs::write(site.media(&name), [&bytes[..], &[number]].concat()).unwrap();
        name
    };
    (0..number).map(copy).collect()
}

fn send(service: &Service, name: &str) -> String {
    only_job(service.hook("own", json!({ "path": name }).to_string()))
}

fn all_are_done_once(site: &Site, service: &Service, names: &[String], ids: &[String]) {
    for id in ids {
        assert_eq!(service.outcome(id)["state"], "done", "{}", site.log());
    }
    let metrics = service.get("/metrics").text().unwrap();
    assert!(metrics.contains(&format!("veritag_jobs{{state=\"done\"}} {}", ids.len())), "{metrics}");
    names.iter().for_each(|name| wait_for(&site.media(&format!("{name}.veritag.json"))));
}

/// Killed again and again, it assesses each asset once.
fn survives_being_killed(site: &Site) {
    let names = copies(site, "portrait.jpg", 6);
    let mut ids = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let service = site.serve();
        ids.push(send(&service, name));
        std::thread::sleep(Duration::from_millis(150 * number as u64));
        service.kill();
    }
    all_are_done_once(site, &site.serve(), &names, &ids);
}

#[test]
fn nothing_is_lost_or_done_twice_when_it_is_killed() {
    survives_being_killed(&Site::new(SOURCES));
}

#[test]
fn nothing_is_lost_or_done_twice_when_it_is_killed_on_postgres() {
    let postgres = Postgres::start();
    survives_being_killed(&Site::in_postgres(SOURCES, &postgres));
}

#[test]
fn two_processes_share_a_queue() {
    let postgres = Postgres::start();
    let site = Site::in_postgres(SOURCES, &postgres);
    let names = copies(&site, "manipulated.mp4", 6);
    let services = [site.serve(), site.serve()];
    let ids: Vec<String> = names.iter().map(|name| send(&services[0], name)).collect();
    all_are_done_once(&site, &services[0], &names, &ids);
    let log = site.log();
    assert_eq!(log.matches(r#""message":"assessed""#).count(), 6, "{log}");
    for service in &services {
        let metrics = service.get("/metrics").text().unwrap();
        assert!(metrics.contains("veritag_assessments_total"), "both have worked: {metrics}");
    }
}

#[test]
fn uploads_are_looked_at_where_they_lie() {
    let postgres = Postgres::start();
    let places = [(); 2].map(|()| Site::in_postgres(SOURCES, &postgres));
    let services = places.each_ref().map(Site::serve);
    for number in 0..3 {
        for (site, service) in places.iter().zip(&services) {
            let file = site.media("an-upload.jpg");
            let bytes = fs::read(fixture("media/portrait.jpg")).unwrap();
            fs::write(&file, [&bytes[..], site.directory.path().to_str().unwrap().as_bytes(), &[number]].concat())
                .unwrap();
            let job = service.outcome(&upload(service, &file));
            assert_eq!((&job["state"], &job["attempts"]), (&json!("done"), &json!(1)), "{job:#}");
        }
    }
}

#[test]
fn what_another_process_knows_is_left_to_it() {
    let site = Site::new(SOURCES);
    let name = copies(&site, "portrait.jpg", 1).remove(0);
    let whole = fs::read_to_string(site.config()).unwrap();
    let sent = run(site.command(&["hook", "own"]).stdin(message(&site, &name)));
    let answer: Value = serde_json::from_slice(&sent.stdout).unwrap();
    let id = answer["jobs"][0].as_str().unwrap();
    fs::write(site.config(), whole.replace(r#"name = "own""#, r#"name = "other""#)).unwrap();
    let service = site.serve();
    let job = service.outcome_or_error(id);
    assert_eq!((&job["state"], &job["error_code"]), (&json!("waiting"), &json!("fetch-elsewhere")));
    drop(service);
    fs::write(site.config(), whole).unwrap();
    assert_eq!(site.serve().outcome(id)["state"], "done");
}

/// A file that says that `name` has arrived.
fn message(site: &Site, name: &str) -> File {
    let path = site.directory.path().join("message");
    fs::write(&path, json!({ "path": name }).to_string()).unwrap();
    File::open(path).unwrap()
}

#[test]
fn an_upload_that_waits_for_its_verdict_goes_before_what_waits() {
    let site = Site::new(SOURCES);
    let service = site.serve();
    let backlog = copies(&site, "portrait.jpg", 40);
    backlog.iter().for_each(|name| drop(send(&service, name)));
    fs::copy(fixture("media/portrait.jpg"), site.media("urgent")).unwrap();
    let answer: Value = service.hook("tus", tusd("pre-finish", &site, "urgent")).json().unwrap();
    assert_eq!(answer["HTTPResponse"]["StatusCode"], 422, "{answer:#}");
    let written = backlog.iter().filter(|name| site.media(&format!("{name}.veritag.json")).exists()).count();
    assert!(written < 30, "{written} of the backlog went first");
}

#[test]
fn what_the_spool_cannot_hold_is_refused() {
    let site = Site::new(SOURCES);
    let config = fs::read_to_string(site.config()).unwrap();
    fs::write(site.config(), config.replace("[service]\n", "[service]\nmax_spool_bytes = 10500000\n")).unwrap();
    let service = site.serve();
    let form = Form::new().text("other", "x").file("file", fixture("media/portrait.jpg")).unwrap();
    service.outcome(&only_job(service.post("/v1/assets").multipart(form).send().unwrap()));
    fs::write(site.directory.path().join("spool/uploads/another"), vec![0; 2_000_000]).unwrap();
    fs::write(site.media("large"), vec![0; 9_100_000]).unwrap();
    let form = Form::new().file("file", site.media("large")).unwrap();
    let refused = service.post("/v1/assets").multipart(form).send().unwrap();
    assert_eq!(refused.status(), 507);
    assert_eq!(refused.json::<Value>().unwrap()["code"], "fetch-spool-full");
}

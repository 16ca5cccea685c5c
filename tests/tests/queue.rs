//! The queue: nothing is lost, nothing is done twice, by whichever process, however often it is killed.

use std::fs::{self, File};
use std::time::Duration;

use reqwest::blocking::multipart::Form;
use serde_json::{Value, json};
use veritag_tests::postgres::Postgres;
use veritag_tests::service::{Place, SOURCES, Service, only_job, tusd, upload, wait_for};
use veritag_tests::{fixture, run};

/// Files that are not the same, each of them all that `from` is.
fn copies(place: &Place, from: &str, number: u8) -> Vec<String> {
    let bytes = fs::read(fixture("media").join(from)).unwrap();
    let copy = |number: u8| {
        let name = format!("{number}-{from}");
        fs::write(place.media(&name), [&bytes[..], &[number]].concat()).unwrap();
        name
    };
    (0..number).map(copy).collect()
}

fn send(service: &Service, name: &str) -> String {
    only_job(service.hook("own", json!({ "path": name }).to_string()))
}

fn all_are_done_once(place: &Place, service: &Service, names: &[String], ids: &[String]) {
    for id in ids {
        assert_eq!(service.outcome(id)["state"], "done", "{}", place.log());
    }
    let metrics = service.get("/metrics").text().unwrap();
    assert!(metrics.contains(&format!("veritag_jobs{{state=\"done\"}} {}", ids.len())), "{metrics}");
    names.iter().for_each(|name| wait_for(&place.media(&format!("{name}.veritag.json"))));
}

/// Killed again and again, it assesses each asset once.
fn survives_being_killed(place: &Place) {
    let names = copies(place, "portrait.jpg", 6);
    let mut ids = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let service = place.serve();
        ids.push(send(&service, name));
        std::thread::sleep(Duration::from_millis(150 * number as u64));
        service.kill();
    }
    all_are_done_once(place, &place.serve(), &names, &ids);
}

#[test]
fn nothing_is_lost_or_done_twice_when_it_is_killed() {
    survives_being_killed(&Place::new(SOURCES));
}

#[test]
fn nothing_is_lost_or_done_twice_when_it_is_killed_on_postgres() {
    let postgres = Postgres::start();
    survives_being_killed(&Place::in_postgres(SOURCES, &postgres));
}

#[test]
fn two_processes_share_a_queue() {
    let postgres = Postgres::start();
    let place = Place::in_postgres(SOURCES, &postgres);
    let names = copies(&place, "manipulated.mp4", 6);
    let services = [place.serve(), place.serve()];
    let ids: Vec<String> = names.iter().map(|name| send(&services[0], name)).collect();
    all_are_done_once(&place, &services[0], &names, &ids);
    let log = place.log();
    assert_eq!(log.matches(r#""message":"assessed""#).count(), 6, "{log}");
    for service in &services {
        let metrics = service.get("/metrics").text().unwrap();
        assert!(metrics.contains("veritag_assessments_total"), "both have worked: {metrics}");
    }
}

#[test]
fn uploads_are_looked_at_where_they_lie() {
    let postgres = Postgres::start();
    let places = [(); 2].map(|()| Place::in_postgres(SOURCES, &postgres));
    let services = places.each_ref().map(Place::serve);
    for number in 0..3 {
        for (place, service) in places.iter().zip(&services) {
            let file = place.media("an-upload.jpg");
            let bytes = fs::read(fixture("media/portrait.jpg")).unwrap();
            fs::write(&file, [&bytes[..], place.directory.path().to_str().unwrap().as_bytes(), &[number]].concat())
                .unwrap();
            let job = service.outcome(&upload(service, &file));
            assert_eq!((&job["state"], &job["attempts"]), (&json!("done"), &json!(1)), "{job:#}");
        }
    }
}

#[test]
fn what_another_process_knows_is_left_to_it() {
    let place = Place::new(SOURCES);
    let name = copies(&place, "portrait.jpg", 1).remove(0);
    let whole = fs::read_to_string(place.config()).unwrap();
    let sent = run(place.command(&["hook", "own"]).stdin(message(&place, &name)));
    let answer: Value = serde_json::from_slice(&sent.stdout).unwrap();
    let id = answer["jobs"][0].as_str().unwrap();
    fs::write(place.config(), whole.replace(r#"name = "own""#, r#"name = "other""#)).unwrap();
    let service = place.serve();
    let job = service.outcome_or_error(id);
    assert_eq!((&job["state"], &job["error_code"]), (&json!("waiting"), &json!("fetch-elsewhere")));
    drop(service);
    fs::write(place.config(), whole).unwrap();
    assert_eq!(place.serve().outcome(id)["state"], "done");
}

/// A file that says that `name` has arrived.
fn message(place: &Place, name: &str) -> File {
    let path = place.directory.path().join("message");
    fs::write(&path, json!({ "path": name }).to_string()).unwrap();
    File::open(path).unwrap()
}

#[test]
fn an_upload_that_waits_for_its_verdict_goes_before_what_waits() {
    let place = Place::new(SOURCES);
    let service = place.serve();
    let backlog = copies(&place, "portrait.jpg", 40);
    backlog.iter().for_each(|name| drop(send(&service, name)));
    fs::copy(fixture("media/portrait.jpg"), place.media("urgent")).unwrap();
    let answer: Value = service.hook("tus", tusd("pre-finish", &place, "urgent")).json().unwrap();
    assert_eq!(answer["HTTPResponse"]["StatusCode"], 422, "{answer:#}");
    let written = backlog.iter().filter(|name| place.media(&format!("{name}.veritag.json")).exists()).count();
    assert!(written < 30, "{written} of the backlog went first");
}

#[test]
fn what_the_spool_cannot_hold_is_refused() {
    let place = Place::new(SOURCES);
    let config = fs::read_to_string(place.config()).unwrap();
    fs::write(place.config(), config.replace("[service]\n", "[service]\nmax_spool_bytes = 10500000\n")).unwrap();
    let service = place.serve();
    let form = Form::new().text("other", "x").file("file", fixture("media/portrait.jpg")).unwrap();
    service.outcome(&only_job(service.post("/v1/assets").multipart(form).send().unwrap()));
    fs::write(place.directory.path().join("spool/uploads/another"), vec![0; 2_000_000]).unwrap();
    fs::write(place.media("large"), vec![0; 9_100_000]).unwrap();
    let form = Form::new().file("file", place.media("large")).unwrap();
    let refused = service.post("/v1/assets").multipart(form).send().unwrap();
    assert_eq!(refused.status(), 507);
    assert_eq!(refused.json::<Value>().unwrap()["code"], "fetch-spool-full");
}

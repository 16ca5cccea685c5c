//! What sources announce, what they may name, and what is tagged for them.

use std::fs;

use reqwest::blocking::multipart::Form;
use serde_json::{Value, json};
use veritag::files::sha256;
use veritag_tests::postgres::Postgres;
use veritag_tests::service::{SOURCES, Site, TOKEN, only_job, tusd, wait_for};
use veritag_tests::{fixture, run};

#[test]
fn a_file_hook_tags_beside_the_file_and_a_second_one_changes_nothing() {
    let site = Site::new(SOURCES);
    let service = site.serve();
    fs::copy(fixture("media/no-face.mp4"), site.media("a.mp4")).unwrap();
    let reference = r#"{"path": "a.mp4", "version": "1", "external": "asset-7"}"#;
    let id = only_job(service.hook("own", reference));
    assert_eq!(only_job(service.hook("own", reference)), id);
    let job = service.outcome(&id);
    assert_eq!((&job["state"], &job["external"]), (&json!("done"), &json!("asset-7")));
    let tag: Value = serde_json::from_slice(&fs::read(site.media("a.mp4.veritag.json")).unwrap()).unwrap();
    assert_eq!(tag["reason"], "no_face");
    assert_ne!(only_job(service.hook("own", reference.replace("\"1\"", "\"2\""))), id, "another version");
}

#[test]
fn tusd_is_answered_in_its_words_and_may_be_told_to_reject() {
    let site = Site::new(SOURCES);
    let service = site.serve();
    for name in ["portrait", "no-face"] {
        let from = if name == "portrait" { "media/portrait.jpg" } else { "media/no-face.mp4" };
        fs::copy(fixture(from), site.media(name)).unwrap();
    }
    let rejected: Value = service.hook("tus", tusd("pre-finish", &site, "portrait")).json().unwrap();
    assert_eq!(rejected["HTTPResponse"]["StatusCode"], 422, "{rejected:#}");
    assert!(rejected["HTTPResponse"]["Body"].as_str().unwrap().contains("no manipulation found"));
    for kind in ["pre-create", "pre-finish", "post-finish", "post-terminate"] {
        let answer = service.hook("tus", tusd(kind, &site, "no-face"));
        assert_eq!(answer.headers()["content-type"], "application/json");
        assert_eq!(answer.json::<Value>().unwrap(), json!({}), "{kind}");
    }
    wait_for(&site.media("no-face.veritag.json"));

    let sha256 = sha256(&fs::read(fixture("media/portrait.jpg")).unwrap());
    let review = service.http.put(service.url(&format!("/v1/assets/{sha256}/review"))).bearer_auth(TOKEN);
    assert_eq!(review.body(r#"{"decision": "fake", "by": "ann"}"#).send().unwrap().status(), 200);
    let overruled: Value = service.hook("tus", tusd("pre-finish", &site, "portrait")).json().unwrap();
    assert_eq!(overruled, json!({}), "a person has the last word");
}

#[test]
fn who_may_announce_uploads_without_a_token_may_do_nothing_else() {
    let site = Site::new(&SOURCES.replacen("token = { env = \"VERITAG_TEST_TOKEN\" }", "open = true", 1));
    let service = site.serve();
    let form = Form::new().file("file", fixture("media/portrait.jpg")).unwrap();
    let id = only_job(service.http.post(service.url("/v1/assets")).multipart(form).send().unwrap());
    let job = service.outcome(&id);
    let asset = format!("/v1/assets/{}", job["assessment"]["asset"]["sha256"].as_str().unwrap());
    for path in ["/v1/assets", "/v1/audit", "/v1/calibration", "/v1/second-readings", &asset] {
        assert_eq!(service.get(path).status(), 401, "{path}");
    }
    let review = service.http.put(service.url(&format!("{asset}/review")));
    assert_eq!(review.body(r#"{"decision": "fake", "by": "eve"}"#).send().unwrap().status(), 401);
}

#[test]
fn what_is_not_allowed_is_refused() {
    let site = Site::new(SOURCES);
    fs::write(site.directory.path().join("secret"), "x").unwrap();
    let service = site.serve();
    let unsigned = service.http.post(service.url("/v1/hooks/own")).body("{}").send().unwrap();
    assert_eq!(unsigned.headers()["www-authenticate"], "Bearer");
    let code = |answer: reqwest::blocking::Response| {
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().unwrap()["code"].as_str().unwrap().to_owned())
    };
    let hook = |source: &str| service.http.post(service.url(&format!("/v1/hooks/{source}")));
    let refused = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(code(hook("own").body("{}").send().unwrap()), refused(401, "hook-unauthorised"));
    assert_eq!(code(hook("own").bearer_auth("wrong").body("{}").send().unwrap()), refused(401, "hook-unauthorised"));
    assert_eq!(code(hook("nobody").bearer_auth(TOKEN).send().unwrap()), refused(404, "hook-unknown-source"));
    assert_eq!(code(service.hook("own", "{")), refused(400, "hook-malformed"));
    assert_eq!(service.hook("own", vec![b' '; 2 << 20]).status(), 413);
    let form = Form::new().text("file", "x".repeat(3 << 20));
    let unsigned = service.http.post(service.url("/v1/assets")).multipart(form).send().unwrap();
    assert_eq!(code(unsigned), refused(401, "hook-unauthorised"));

    for (body, code) in [
        (json!({"path": "../secret"}), "fetch-forbidden"),
        (json!({"path": "/etc/passwd"}), "fetch-not-found"),
        (json!({"bucket": "b", "key": "k"}), "fetch-forbidden"),
        (json!({"url": "http://169.254.169.254/latest/meta-data"}), "fetch-forbidden"),
        (json!({"url": "http://127.0.0.1:1/x"}), "fetch-forbidden"),
        (json!({"url": "http://localhost:1/x"}), "fetch-forbidden"),
        (json!({"url": "http://elsewhere.invalid/x"}), "fetch-forbidden"),
        (json!({"url": "file:///etc/passwd"}), "fetch-forbidden"),
    ] {
        let job = service.outcome_or_error(&only_job(service.hook("own", body.to_string())));
        assert_eq!(job["error_code"], code, "{body}: {job:#}");
    }
}

#[test]
fn a_nul_character_is_no_fault_of_the_database() {
    let postgres = Postgres::start();
    let site = Site::in_postgres(SOURCES, &postgres);
    let service = site.serve();
    for body in [json!({"path": "a\0b"}), json!({"bucket": "a\0b", "key": "a\0b"}), json!({"url": "http://a\0b/"})] {
        let job = service.outcome_or_error(&only_job(service.hook("own", body.to_string())));
        assert!(job["error_code"].as_str().is_some_and(|code| code.starts_with("fetch-")), "{body}: {job:#}");
    }
    assert_eq!(service.get("/v1/jobs/%00").status(), 404);
    assert_eq!(service.http.get(service.url("/v1/assets/%00")).bearer_auth(TOKEN).send().unwrap().status(), 404);
    let review = service.http.put(service.url(&format!("/v1/assets/{}/review", "0".repeat(64)))).bearer_auth(TOKEN);
    assert_eq!(review.body(r#"{"decision": "real", "by": "a\u0000b"}"#).send().unwrap().status(), 400);
}

#[test]
fn a_rescan_finds_what_hooks_have_missed() {
    let site = Site::new(SOURCES);
    let service = site.serve();
    for name in ["told.jpg", "missed.jpg"] {
        fs::copy(fixture("media/portrait.jpg"), site.media(name)).unwrap();
    }
    service.outcome(&only_job(service.hook("own", r#"{"path": "told.jpg", "version": "1"}"#)));
    let rescan = |arguments: &[&str]| {
        let output = run(&mut site.command(&[&["rescan", "own"], arguments].concat()));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let told = rescan(&[]);
    assert!(told.starts_with("own: 2 in the library, 1 missing, 0 to do again\n"), "{told}");
    assert!(told.contains("missed.jpg") && !told.contains("told.jpg") && told.contains("nothing was done"), "{told}");
    assert!(!site.media("missed.jpg.veritag.json").exists());
    rescan(&["--apply"]);
    wait_for(&site.media("missed.jpg.veritag.json"));
    assert!(rescan(&["--other-models"]).starts_with("own: 2 in the library, 0 missing, 0 to do again\n"));
    assert!(rescan(&["--all"]).starts_with("own: 2 in the library, 0 missing, 2 to do again\n"));
}

#[test]
fn all_that_was_tagged_is_taken_back_and_nothing_else() {
    let site = Site::new(&format!("{SOURCES}\n[tags]\nxmp = true\n"));
    fs::copy(fixture("media/portrait.jpg"), site.media("a.jpg")).unwrap();
    fs::write(site.media("b.jpg.veritag.json"), "a person's").unwrap();
    let service = site.serve();
    service.outcome(&only_job(service.hook("own", r#"{"path": "a.jpg"}"#)));
    let untag = |arguments: &[&str]| {
        let output = run(&mut site.command(&[&["untag", "--all"], arguments].concat()));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let would = untag(&[]);
    assert!(would.contains("would untag json ") && would.contains("would untag xmp "), "{would}");
    assert!(site.media("a.jpg.xmp").exists());
    assert_eq!(untag(&["--apply"]), "untagged 2\n");
    let mut left: Vec<_> = fs::read_dir(site.media("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["a.jpg", "b.jpg.veritag.json"]);
    assert_eq!(untag(&["--apply"]), "untagged 0\n");
}

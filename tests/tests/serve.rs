//! `veritag serve`, as the systems that call it see it.

use std::fs;

use reqwest::blocking::multipart::Form;
use serde_json::{Value, json};
use veritag::files::sha256;
use veritag_tests::postgres::Postgres;
use veritag_tests::service::{SOURCES, Site, TOKEN, only_job, tusd, upload, wait_for};
use veritag_tests::{fixture, hostile_manifest, run};

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
    assert_eq!(service.stop(), Some(0));
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

/// Takes requests one after the other, answers each with the next of `statuses`, and gives them back.
fn receiver(statuses: &'static [u16]) -> (String, std::sync::mpsc::Receiver<(http::HeaderMap, Vec<u8>)>) {
    use std::io::{BufRead, BufReader, Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/told", listener.local_addr().unwrap());
    let (told, requests) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut headers = http::HeaderMap::new();
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            loop {
                line.clear();
                reader.read_line(&mut line).unwrap();
                let Some((name, value)) = line.trim().split_once(": ") else { break };
                headers.insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
            }
            let mut body = vec![0; headers["content-length"].to_str().unwrap().parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            let _ = told.send((headers, body));
        }
    });
    (address, requests)
}

#[test]
fn receivers_are_told_again_until_they_have_heard() {
    let (url, requests) = receiver(&[500, 204]);
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let webhook = format!(
        "[[webhook]]\nurl = {url:?}\nsecret = {{ file = \"ROOT/secret\" }}\nsources = [\"own\"]\n\
         [[webhook]]\nurl = \"{url}?other\"\nsecret = {{ file = \"ROOT/secret\" }}\nsources = [\"tus\"]\n"
    );
    let site = Site::new(&format!("{SOURCES}\n{webhook}"));
    fs::write(site.media("secret"), secret).unwrap();
    fs::copy(fixture("media/no-face.mp4"), site.media("a.mp4")).unwrap();
    let service = site.serve();
    let id = only_job(service.hook("own", r#"{"path": "a.mp4", "external": "asset-7"}"#));
    let mut messages = (0..2).map(|_| requests.recv_timeout(std::time::Duration::from_secs(60)).unwrap());
    let (first, second) = (messages.next().unwrap(), messages.next().unwrap());
    assert_eq!(String::from_utf8_lossy(&first.1), String::from_utf8_lossy(&second.1));
    assert_eq!(first.0["webhook-id"], second.0["webhook-id"], "the receiver can tell that it is the same");
    let webhook = standardwebhooks::Webhook::new(secret).unwrap();
    webhook.verify(&second.1, &second.0).unwrap();
    let message: Value = serde_json::from_slice(&second.1).unwrap();
    assert_eq!(message["type"], "assessment.completed");
    assert_eq!((&message["data"]["job"], &message["data"]["external"]), (&json!(id), &json!("asset-7")));
    assert_eq!(message["data"]["assessment"]["reason"], "no_face");
    assert!(!site.log().contains("?other"), "{}", site.log());
}

#[test]
fn a_person_overrules_the_model_and_may_take_it_back() {
    overrules(&Site::new);
}

#[test]
fn a_person_overrules_the_model_on_postgres() {
    let postgres = Postgres::start();
    overrules(&|sources| Site::in_postgres(sources, &postgres));
}

fn overrules(new_place: &dyn Fn(&str) -> Site) {
    let (url, requests) = receiver(&[204; 3]);
    let webhook = format!(
        "[tags]\nxmp = true\n[[webhook]]\nurl = {url:?}\nsecret = {{ file = \"ROOT/secret\" }}\n\
         events = [\"review.changed\"]\n"
    );
    let site = new_place(&format!("{SOURCES}\n{webhook}"));
    fs::write(site.media("secret"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    fs::copy(fixture("media/portrait.jpg"), site.media("a.jpg")).unwrap();
    let service = site.serve();
    let job = service.outcome(&only_job(service.hook("own", r#"{"path": "a.jpg", "external": "asset-7"}"#)));
    let sha256 = job["assessment"]["asset"]["sha256"].as_str().unwrap();
    let asset = format!("/v1/assets/{sha256}");
    let review = |address: &str, body: Value| {
        let request = service.http.put(service.url(&format!("{address}/review"))).bearer_auth(TOKEN);
        request.body(body.to_string()).send().unwrap()
    };
    let decide = |decision: &str| {
        let answer = review(&asset, json!({"decision": decision, "by": "ann", "note": "known to us"}));
        assert_eq!(answer.status(), 200);
        let (_, body) = requests.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()
    };
    let tags = || {
        let json: Value = serde_json::from_slice(&fs::read(site.media("a.jpg.veritag.json")).unwrap()).unwrap();
        (json, fs::read_to_string(site.media("a.jpg.xmp")).unwrap())
    };

    let told = decide("fake");
    assert_eq!((&told["type"], &told["data"]["external"]), (&json!("review.changed"), &json!("asset-7")));
    assert_eq!(told["data"]["assessment"]["keyword"], "deepfake-check:reviewed-as-fake");
    let (json, xmp) = tags();
    assert_eq!((&json["verdict"], &json["review"]), (&json!("real"), &json!("reviewed_as_fake")), "both are kept");
    assert!(json["text"].as_str().unwrap().ends_with(", reviewed as fake."), "{json:#}");
    assert!(xmp.contains("deepfake-check:reviewed-as-fake") && !xmp.contains("no-manipulation-found<"), "{xmp}");

    let again = service.outcome(&upload(&service, &fixture("media/portrait.jpg")));
    assert_eq!(again["assessment"]["review"], "reviewed_as_fake", "the asset is known wherever it comes again");
    assert_eq!(decide("none")["data"]["assessment"]["keyword"], "deepfake-check:no-manipulation-found");
    assert_eq!(service.get(&asset).status(), 401);
    let known: Value = service.http.get(service.url(&asset)).bearer_auth(TOKEN).send().unwrap().json().unwrap();
    let reviews: Vec<&Value> = known["reviews"].as_array().unwrap().iter().map(|one| &one["review"]).collect();
    assert_eq!(reviews, ["not_reviewed", "reviewed_as_fake"]);
    assert_eq!(known["assessments"].as_array().unwrap().len(), 1);

    let unknown = format!("/v1/assets/{}", "0".repeat(64));
    assert_eq!(review(&unknown, json!({"decision": "real", "by": "ann"})).status(), 404);
    assert_eq!(review(&asset, json!({"decision": "maybe", "by": "ann"})).status(), 400);
    assert_eq!(service.http.put(service.url(&format!("{asset}/review"))).body("{}").send().unwrap().status(), 401);
}

#[test]
fn a_review_is_kept_with_all_that_follows_from_it_or_not_at_all() {
    let site = Site::new(SOURCES);
    let service = site.serve();
    let sha256 = service.outcome(&upload(&service, &fixture("media/portrait.jpg")))["assessment"]["asset"]["sha256"]
        .as_str()
        .unwrap()
        .to_owned();
    let decide = |decision: &str| {
        let address = service.url(&format!("/v1/assets/{sha256}/review"));
        let body = json!({ "decision": decision, "by": "ann" }).to_string();
        service.http.put(address).bearer_auth(TOKEN).body(body).send().unwrap().status()
    };
    // As though the process was killed between the two.
    site.sql(
        "CREATE TRIGGER killed BEFORE INSERT ON tasks WHEN NEW.queue = 'reviews' BEGIN SELECT RAISE(ABORT, 'x'); END",
    );
    assert_eq!(decide("fake"), 503);
    assert_eq!(site.sql("SELECT COUNT(*) FROM reviews"), Some(0));
    site.sql("DROP TRIGGER killed");
    assert_eq!(decide("fake"), 200);
    assert_eq!(site.sql("SELECT COUNT(*) FROM tasks WHERE queue = 'reviews'"), Some(1));
}

#[test]
fn the_last_review_counts_whatever_clocks_say() {
    let site = Site::new(SOURCES);
    let service = site.serve();
    let job = service.outcome(&upload(&service, &fixture("media/portrait.jpg")));
    let asset = format!("/v1/assets/{}", job["assessment"]["asset"]["sha256"].as_str().unwrap());
    let decide = |decision: &str| {
        let body = json!({ "decision": decision, "by": "ann" }).to_string();
        let request = service.http.put(service.url(&format!("{asset}/review"))).bearer_auth(TOKEN).body(body);
        assert_eq!(request.send().unwrap().status(), 200);
    };
    decide("fake");
    // As a process would write it whose clock is ahead.
    site.sql("UPDATE reviews SET id = 'ZZZZZZZZZZZZZZZZZZZZZZZZZZ'");
    decide("none");
    let known: Value = service.http.get(service.url(&asset)).bearer_auth(TOKEN).send().unwrap().json().unwrap();
    assert_eq!(known["reviews"][0]["review"], "not_reviewed", "{known:#}");
    assert_eq!(known["assessments"][0]["review"], "not_reviewed");
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

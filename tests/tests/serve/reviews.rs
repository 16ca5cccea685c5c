//! What a person decides of an asset.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use veritag_tests::postgres::Postgres;
use veritag_tests::service::{SOURCES, Site, TOKEN, only_job, upload};
use veritag_tests::{fixture, run, veritag};

use super::receiver::receiver;

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
        let (_, body) = requests.recv_timeout(Duration::from_secs(60)).unwrap();
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

    let path = site.media("a.jpg");
    assert!(run(veritag().args(["scan", "--write", "--xmp"]).arg(&path)).status.success());
    let (json, xmp) = tags();
    assert_eq!(json["review"], "reviewed_as_fake", "a scan takes no decision back");
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

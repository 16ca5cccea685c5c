//! The review pages, as browsers and those who would misuse them see them.

use std::fs;

use serde_json::{Value, json};
use veritag_tests::people::PEOPLE;
use veritag_tests::postgres::Postgres;
use veritag_tests::service::{SOURCES, Site, TOKEN};
use veritag_tests::{fixture, run};

use super::browser::{Pages, batch, location, with_form};

#[test]
fn a_decision_leads_on_and_can_be_taken_back() {
    decides(Pages::new(""));
}

#[test]
fn a_decision_leads_on_and_can_be_taken_back_on_postgres() {
    let postgres = Postgres::start();
    decides(Pages::at(Site::in_postgres(&format!("{SOURCES}{PEOPLE}"), &postgres)));
}

fn decides(pages: Pages) {
    let [portrait, empty] = ["portrait.jpg", "no-face.mp4"].map(|name| pages.assess(name));
    let ann = pages.browser("ann");
    assert_eq!(location(&ann.get("/review")), "/review?review=not%5Freviewed");
    let queue = ann.page("/review?review=not_reviewed");
    assert!(queue.contains("portrait.jpg") && queue.contains("no-face.mp4") && queue.contains("2 assets"), "{queue}");
    assert!(queue.find("portrait.jpg") < queue.find("no-face.mp4"), "what has a score comes first");

    let asset = format!("/review/assets/{portrait}");
    let page = ann.page(&format!("{asset}?review=not_reviewed"));
    assert!(page.contains("no manipulation found (0.") && page.contains("Wrong: it is fake"), "{page}");
    let form = [("review", "reviewed_as_fake"), ("note", "seen <elsewhere>"), ("saw_score", "1")];
    let next = location(&ann.post(&format!("{asset}?review=not_reviewed"), &form));
    assert!(next.starts_with(&format!("/review/assets/{empty}?")), "{next}");
    assert!(ann.page(&next).contains("Decision kept."));
    let decided = ann.page(&asset);
    assert!(decided.contains("reviewed as fake") && decided.contains("seen &lt;elsewhere&gt;"), "{decided}");
    assert!(!ann.page("/review?review=not_reviewed").contains("portrait.jpg"));

    let back = location(&ann.post("/review/undo?review=not_reviewed", &[("batch", batch(&next))]));
    assert_eq!(back, format!("{asset}?review=not%5Freviewed"));
    assert!(ann.page("/review?review=not_reviewed").contains("portrait.jpg"));

    let both = [("asset", portrait.as_str()), ("asset", &empty), ("review", "reviewed_as_real")];
    let question = ann.post("/review/decide?review=not_reviewed", &both);
    let question = question.text().unwrap();
    assert!(question.contains("2 assets, 0 decided already"), "{question}");
    assert!(ann.page("/review?review=not_reviewed").contains("portrait.jpg"), "nothing has changed yet");
    let kept = location(&ann.post("/review/decide?review=not_reviewed", &[&both[..], &[("sure", "1")]].concat()));
    assert!(ann.page(&kept).contains("Nothing here"));
    assert!(ann.page("/review?review=reviewed_as_real").contains("2 assets"));
    assert_eq!(location(&ann.post("/review/undo", &[("batch", batch(&kept))])), "/review");
    assert!(ann.page("/review?review=not_reviewed").contains("2 assets"));

    assert_eq!(ann.get("/review/assets/%00").status(), 404);
    assert_eq!(ann.get("/review/assets/%00/poster").status(), 404);
    assert_eq!(location(&ann.post("/review/undo", &[("batch", "a\0b")])), "/review");
    let nobody = [("asset", "a\0b"), ("review", "reviewed_as_real"), ("sure", "1"), ("note", "\0")];
    assert_eq!(ann.post("/review/decide", &nobody).status(), 404);
    assert_eq!(ann.post("/review/second/%00", &nobody[1..2]).status(), 404);

    let verify = |status: i32, says: &str| {
        let output = run(&mut pages.site.command(&["audit", "verify"]));
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        assert_eq!((output.status.code(), text.contains(says)), (Some(status), true), "{text}");
    };
    verify(0, "unbroken");
    pages.site.sql("UPDATE audit SET actor = 'eve' WHERE number = 2");
    verify(1, "row 2 is not as it was written");
    pages.site.sql("DELETE FROM audit WHERE number = 2");
    verify(1, "row 2 is missing");
    pages.site.sql("DELETE FROM audit WHERE number >= 2");
    verify(1, "the log ends at row 1");
}

#[test]
fn who_undoes_a_decision_puts_back_what_another_had_decided() {
    let pages = Pages::new("[review]\nblind = true\n");
    let sha256 = pages.assess("portrait.jpg");
    let asset = format!("/review/assets/{sha256}");
    pages.browser("ann").post(&asset, &[("review", "reviewed_as_real"), ("saw_score", "0"), ("note", "I know her")]);
    let bob = pages.browser("bob");
    let decided = location(&bob.post(&asset, &[("review", "reviewed_as_fake"), ("saw_score", "0")]));
    location(&bob.post("/review/undo", &[("batch", batch(&decided))]));
    let known = pages.client.get(pages.service.url(&format!("/v1/assets/{sha256}"))).bearer_auth(TOKEN).send().unwrap();
    let review = &known.json::<Value>().unwrap()["reviews"][0];
    let expected = json!({"review": "reviewed_as_real", "reviewer": "ann", "note": "I know her", "saw_score": 0});
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&review[name], value, "{review:#}");
    }
    let log = pages.browser("root").page("/review/log");
    assert!(log.contains("<td>bob</td><td>undo</td>"), "{log}");
}

#[test]
fn everybody_may_do_what_their_role_says_and_no_more() {
    let pages = Pages::new("");
    let asset = format!("/review/assets/{}", pages.assess("portrait.jpg"));
    let stranger = pages.client.get(pages.service.url(&format!("{asset}?order=score"))).send().unwrap();
    assert!(location(&stranger).starts_with("/review/sign-in?to=%2Freview%2Fassets%2F"));
    for path in ["/media", "/poster", "/faces/0/0"] {
        assert_eq!(pages.client.get(pages.service.url(&format!("{asset}{path}"))).send().unwrap().status(), 303);
    }
    let form = [("review", "reviewed_as_fake")];
    let vic = pages.browser("vic");
    assert!(!vic.page(&asset).contains("<form class=\"decide\""));
    assert_eq!(vic.post(&asset, &form).status(), 403);
    assert_eq!(vic.get("/review/log").status(), 403);
    assert_eq!(pages.browser("ann").get("/review/log").status(), 403);
    assert!(pages.browser("root").page("/review/log").contains("sign-in"));

    let foreign = pages.client.post(pages.service.url(&asset)).header("cookie", &pages.browser("ann").cookie);
    let foreign = with_form(foreign.header("sec-fetch-site", "cross-site"), &form).send().unwrap();
    assert_eq!(foreign.status(), 403, "another site sent it");
    let ann = pages.browser("ann");
    assert_eq!(location(&ann.post("/review/sign-out", &[])), "/review/sign-in");
    assert_eq!(ann.get(&asset).status(), 303, "the session is over on the server too");

    assert_eq!(pages.sign_in("eve").status(), 401);
    (0..12).for_each(|_| drop(pages.sign_in("guess")));
    assert_eq!(pages.sign_in("ann").status(), 429);
}

#[test]
fn media_come_from_their_source_in_ranges_and_cannot_act() {
    let pages = Pages::new("");
    let asset = format!("/review/assets/{}", pages.assess("real.mp4"));
    let vic = pages.browser("vic");
    let whole = vic.get(&format!("{asset}/media"));
    assert_eq!((whole.status().as_u16(), whole.headers()["content-type"].to_str().unwrap()), (200, "video/mp4"));
    assert_eq!(whole.headers()["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(whole.headers()["x-content-type-options"], "nosniff");
    let bytes = fs::read(fixture("media/real.mp4")).unwrap();
    assert_eq!(whole.bytes().unwrap(), bytes);
    let part = pages.client.get(pages.service.url(&format!("{asset}/media"))).header("cookie", &vic.cookie);
    let part = part.header("range", "bytes=10-19").send().unwrap();
    assert_eq!((part.status().as_u16(), part.bytes().unwrap().as_ref()), (206, &bytes[10..20]));
    for picture in ["/poster", "/faces/0/0", "/faces/0/0/map"] {
        let answer = vic.get(&format!("{asset}{picture}"));
        assert_eq!(answer.headers()["content-type"], "image/jpeg", "{picture}");
        assert!(answer.bytes().unwrap().starts_with(&[0xff, 0xd8]));
    }
    assert_eq!(vic.get(&format!("{asset}/faces/0/99")).status(), 404);

    fs::copy(fixture("media/no-face.mp4"), pages.site.media("real.mp4")).unwrap();
    let answer = vic.get(&format!("{asset}/media"));
    assert_eq!(answer.status(), 404);
    assert!(answer.text().unwrap().contains("something else lies where it was"));
    let page = vic.get(&asset);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
}

#[test]
fn who_decides_blind_sees_no_score_until_then() {
    let pages = Pages::new("[review]\nblind = true\nsecond_share = 1.0\n");
    let sha256 = pages.assess("portrait.jpg");
    let asset = format!("/review/assets/{sha256}");
    let ann = pages.browser("ann");
    let scored = |page: &str| page.contains("no manipulation found (0.") || page.contains("score 0.");
    assert!(!scored(&ann.page(&asset)) && ann.page(&asset).contains("hidden until you decide"));
    assert!(!ann.page("/review?order=score").contains("class=\"points\""));
    assert!(scored(&ann.page(&format!("{asset}?reveal=true"))), "who asks for it sees it");
    assert!(ann.page(&asset).contains(r#"name="saw_score" value="0""#));
    ann.post(&asset, &[("review", "reviewed_as_real"), ("saw_score", "0")]);
    let page = ann.page(&asset);
    assert!(scored(&page) && page.contains("before seeing the score"), "{page}");

    assert!(ann.page("/review/second").contains("nothing to read a second time"), "not by the same person");
    let bob = pages.browser("bob");
    let queue = bob.page("/review?review=reviewed_as_real");
    assert!(
        queue.contains("decided by ann")
            && !queue.contains("reviewed as real by")
            && !queue.contains("class=\"points\"")
    );
    let hidden = bob.page(&asset);
    assert!(
        !scored(&hidden) && !hidden.contains("id=\"decisions\"") && !hidden.contains("aria-pressed=\"true\""),
        "{hidden}"
    );
    let second = bob.page("/review/second");
    assert!(second.contains("portrait.jpg") && !scored(&second) && !second.contains("reviewed as"), "{second}");
    location(&bob.post(&format!("/review/second/{sha256}"), &[("review", "reviewed_as_fake")]));
    assert!(bob.page("/review/second").contains("nothing to read"));
    let agreement = bob.page("/review/agreement");
    assert!(agreement.contains("Two people looked at 1 assets, and say the same of 0"), "{agreement}");
    let known: Value = pages
        .service
        .http
        .get(pages.service.url(&format!("/v1/assets/{sha256}")))
        .bearer_auth(TOKEN)
        .send()
        .unwrap()
        .json()
        .unwrap();
    assert_eq!(known["reviews"][0]["review"], "reviewed_as_real", "the first decision counts");
}

#[test]
fn the_api_and_the_shell_do_what_the_pages_do() {
    let pages = Pages::new("");
    let sha256 = pages.assess("portrait.jpg");
    let call = |method: reqwest::Method, path: &str, token: &str, body: Value| {
        let request = pages.client.request(method, pages.service.url(path)).bearer_auth(token);
        let answer = request.body(body.to_string()).send().unwrap();
        (answer.status().as_u16(), answer.json::<Value>().unwrap())
    };
    use reqwest::Method;
    let list = call(Method::GET, "/v1/assets?verdict=real&search=PORT", "vic", Value::Null).1;
    assert_eq!((&list["items"][0]["asset"], &list["next"]), (&json!(sha256), &Value::Null), "{list:#}");
    assert_eq!(call(Method::GET, "/v1/assets?verdict=fake", TOKEN, Value::Null).1["items"], json!([]));
    pages.assess("no-face.mp4");
    for order in ["uncertain", "score"] {
        let items = call(Method::GET, &format!("/v1/assets?order={order}"), TOKEN, Value::Null).1["items"].take();
        assert!(
            items[0]["score"].is_number() && items[0]["distance"].is_number(),
            "what has no score comes last: {items:#}"
        );
        assert_eq!(
            (&items[1]["name"], &items[1]["score"], &items[1]["distance"]),
            (&json!("no-face.mp4"), &Value::Null, &Value::Null)
        );
    }
    for wrong in ["verdict=bogus", "review=fake", "reason=x", "since=yesterday", "order=none", "page=x"] {
        let (status, problem) = call(Method::GET, &format!("/v1/assets?{wrong}"), TOKEN, Value::Null);
        assert_eq!((status, &problem["code"]), (400, &json!("hook-malformed")), "{wrong}: {problem}");
    }
    let many = json!({ "assets": [sha256], "decision": "fake" });
    assert_eq!(call(Method::POST, "/v1/reviews", "vic", many.clone()).0, 403);
    let kept = call(Method::POST, "/v1/reviews", "ann", many.clone()).1;
    assert_eq!(
        (&kept["reviews"][0]["reviewer"], &kept["reviews"][0]["review"]),
        (&json!("ann"), &json!("reviewed_as_fake"))
    );
    let foreign = json!({ "assets": [sha256], "decision": "fake", "by": "bob" });
    assert_eq!(call(Method::POST, "/v1/reviews", "ann", foreign).0, 403, "nobody decides for another");
    assert_eq!(call(Method::POST, "/v1/reviews", TOKEN, many).0, 400, "a source has to say who");
    let undo = format!("/v1/reviews/{}", kept["batch"].as_str().unwrap());
    assert_eq!(call(Method::DELETE, &undo, "ann", Value::Null).1["assets"], json!([sha256]));
    assert_eq!(call(Method::GET, "/v1/audit", "ann", Value::Null).0, 403);
    let log = call(Method::GET, "/v1/audit", "root", Value::Null).1;
    let actions: Vec<&Value> = log.as_array().unwrap().iter().map(|row| &row["action"]).collect();
    assert_eq!(actions, ["review", "undo"]);

    let shell = |arguments: &[&str]| {
        let output = run(&mut pages.site.command(arguments));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(shell(&["review", "list"]).contains("portrait.jpg"));
    assert_eq!(
        shell(&["review", "decide", &sha256, "--as", "unsure", "--by", "cas", "--note", "a,\"b\""]),
        "1 decision\n"
    );
    assert!(shell(&["review", "show", &sha256]).contains("reviewed as unsure by cas: a,\"b\""));
    let csv = shell(&["review", "export"]);
    assert!(csv.starts_with("sha256,name,source,verdict,score,") && csv.contains("\"a,\"\"b\"\"\""), "{csv}");
    let mut tasks: Value = serde_json::from_str(&shell(&["review", "export", "--format", "label-studio"])).unwrap();
    assert_eq!(tasks[0]["annotations"][0]["result"][0]["value"]["choices"], json!(["unsure"]));
    tasks[0]["annotations"][0]["result"][0]["value"]["choices"] = json!(["real"]);
    let file = pages.site.media("tasks.json");
    fs::write(&file, tasks.to_string()).unwrap();
    assert!(shell(&["review", "import", file.to_str().unwrap(), "--by", "cas"]).starts_with("1 kept"));
    assert!(shell(&["review", "show", &sha256]).contains("reviewed as real by cas"));
}

#[test]
fn thresholds_follow_what_people_have_decided_blind() {
    let pages = Pages::new("");
    let calibrate = |arguments: &[&str]| {
        let output = run(&mut pages.site.command(&[&["calibrate"], arguments].concat()));
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        (output.status.code(), text)
    };
    let csv = pages.site.media("labelled.csv");
    let row = |n: u32| format!("{},real\n{},fake\n", 0.15 * f64::from(n) / 1000.0, 0.1 + 0.9 * f64::from(n) / 1000.0);
    fs::write(&csv, format!("score,label\n{}", (0..1000).map(row).collect::<String>())).unwrap();
    let (code, text) = calibrate(&["--csv", csv.to_str().unwrap(), "--save", "--by", "root"]);
    assert!(code == Some(0) && text.contains("on 1000 fake and 1000 genuine") && text.contains("profile 1:"), "{text}");
    assert!(calibrate(&[]).1.contains("0 fake and 0 genuine"), "nobody has decided yet");

    let sha256 = pages.assess("portrait.jpg");
    let vic = pages.browser("vic");
    let page = vic.page(&format!("/review/assets/{sha256}"));
    assert!(page.contains("likely fake (0.") && page.contains("thresholds of profile 1"), "{page}");
    let tag: Value = serde_json::from_slice(&fs::read(pages.site.media("portrait.jpg.veritag.json")).unwrap()).unwrap();
    assert_eq!((&tag["profile"], &tag["verdict"]), (&json!(1), &json!("fake")));

    let ann = pages.browser("ann");
    ann.post(&format!("/review/assets/{sha256}"), &[("review", "reviewed_as_real"), ("saw_score", "0")]);
    let page = vic.page("/review/calibration?base_rate=5");
    assert!(page.contains("0 fake and 1 genuine") && page.contains("Profile 1 counts now"), "{page}");
    assert!(vic.page("/review/trends").contains("2026") || vic.page("/review/trends").contains("Trends"));
}

//! Objects of stores: exactly the one that was named is read and tagged.

use std::fs;

use serde_json::{Value, json};
use veritag::files::sha256;
use veritag_tests::run;
use veritag_tests::service::{Service, Site};
use veritag_tests::store::Store;

/// Keys that some clients take for others, or for none.
const KEYS: [&str; 18] = [
    "lead.jpg",
    "/lead.jpg",
    "//lead.jpg",
    "a//b.jpg",
    "a/b.jpg",
    "./x.jpg",
    "..",
    "../up.jpg",
    "a/../b.jpg",
    "b.jpg",
    "new\nline.jpg",
    "100%.jpg",
    "q?x=1.jpg",
    "h#a.jpg",
    "a+b c.jpg",
    "e\u{301}.jpg",
    "\u{e9}.jpg",
    "dir/",
];

/// A service whose source `bucket` speaks S3, and the store that it reads.
fn site(store: &Store) -> Site {
    let site = Site::new(&format!(
        "[[source]]\nname = 'bucket'\ndialect = 's3'\ntoken = {{ env = 'VERITAG_TEST_TOKEN' }}\nstore = 'store'\n\
         [[store]]\nname = 'store'\nbuckets = ['media']\nendpoint = '{}'\ntag_objects = true\n\
         access_key = {{ file = 'ROOT/access' }}\nsecret_key = {{ file = 'ROOT/secret' }}\n",
        store.endpoint
    ));
    ["access", "secret"].iter().for_each(|name| fs::write(site.media(name), name).unwrap());
    site
}

/// A record as S3 writes it, with the key as forms encode it.
fn record(key: &str) -> Value {
    let encoded: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let object = json!({"key": encoded, "eTag": "e", "sequencer": "1"});
    json!({"eventName": "s3:ObjectCreated:Put", "s3": {"bucket": {"name": "media"}, "object": object}})
}

fn announce(service: &Service, records: &[Value]) -> Value {
    service.hook("bucket", json!({ "Records": records }).to_string()).json().unwrap()
}

#[test]
fn every_key_is_read_and_tagged_as_it_was_named() {
    let store = Store::start();
    KEYS.iter().for_each(|key| store.put(key, format!("the object at {key}").as_bytes()));
    let site = site(&store);
    let service = site.serve();
    for key in KEYS {
        let answer = announce(&service, &[record(key)]);
        let job = service.outcome(answer["jobs"][0].as_str().unwrap());
        assert_eq!(job["state"], "done", "{key:?}: {job:#}\n{}", site.log());
        let expected = sha256(format!("the object at {key}").as_bytes());
        assert_eq!(job["assessment"]["asset"]["sha256"], expected, "{key:?}");
        assert!(store.tagging(key).contains("not-assessed"), "{key:?}");
    }
    let rescan = run(&mut site.command(&["rescan"]));
    let told = String::from_utf8(rescan.stdout).unwrap();
    assert!(told.starts_with("bucket: 18 in the library, 0 missing, 0 to do again\n"), "{told}");
    let untagged = run(&mut site.command(&["untag", "--all", "--apply"]));
    assert_eq!(String::from_utf8(untagged.stdout).unwrap(), "untagged 18\n");
    KEYS.iter().for_each(|key| assert!(!store.tagging(key).contains("not-assessed"), "{key:?}"));
}

#[test]
fn a_folder_is_no_upload() {
    let store = Store::start();
    store.put("dir/", b"");
    store.put("dir", b"an object");
    let site = site(&store);
    let service = site.serve();
    let mut known = record("dir/");
    known["s3"]["object"]["size"] = 0.into();
    let answer = service.hook("bucket", json!({ "Records": [known] }).to_string());
    assert_eq!((answer.status().as_u16(), answer.json::<Value>().unwrap()), (200, json!({"jobs": []})));
    let answer = announce(&service, &[record("dir/")]);
    let job = service.outcome(answer["jobs"][0].as_str().unwrap());
    assert_eq!((&job["error_code"], &job["assessment"]), (&json!("fetch-folder"), &Value::Null));
    assert_eq!(store.tagging("dir"), "<Tagging/>");
    assert_eq!(store.tagging("dir/"), "<Tagging/>");
    let rescan = run(&mut site.command(&["rescan"]));
    assert!(String::from_utf8(rescan.stdout).unwrap().starts_with("bucket: 1 in the library, 1 missing"));
}

#[test]
fn one_bad_record_costs_itself_alone() {
    let store = Store::start();
    store.put("good.jpg", b"an object");
    let site = site(&store);
    let service = site.serve();
    let keyless = json!({"eventName": "s3:ObjectCreated:Put", "s3": {"bucket": {"name": "media"}, "object": {}}});
    let answer = announce(&service, &[keyless.clone(), record("good.jpg")]);
    assert_eq!(answer["refused"][0]["record"], 0);
    assert!(answer["refused"][0]["why"].as_str().unwrap().contains("key"), "{answer}");
    assert_eq!(service.outcome(answer["jobs"][0].as_str().unwrap())["state"], "done");
    assert_eq!(announce(&service, &[keyless])["code"], "hook-malformed");
}

#[test]
fn an_envelope_that_amazon_has_not_signed_is_refused() {
    let site = site(&Store::start());
    let service = site.serve();
    let text = fs::read_to_string(veritag_tests::fixture("hooks/sns-sha256.json")).unwrap();
    let forged = text.replace("https://sns.eu-west-1.amazonaws.com/", "https://sns.example.org/");
    let answer = service.hook("bucket", forged);
    assert_eq!((answer.status().as_u16(), &answer.json::<Value>().unwrap()["code"]), (401, &json!("hook-unsigned")));
}

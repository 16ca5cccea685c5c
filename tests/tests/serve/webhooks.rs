//! What receivers of webhooks are told.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use veritag_tests::fixture;
use veritag_tests::service::{SOURCES, Site, only_job};

use super::receiver::receiver;

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
    let mut messages = (0..2).map(|_| requests.recv_timeout(Duration::from_secs(60)).unwrap());
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

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::mutation::{config, hostile};
use crate::upload_event::Location;

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hooks").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn events(dialect: DialectName, name: &str) -> Vec<UploadEvent> {
    read(dialect, &fixture(name)).unwrap()
}

fn read(dialect: DialectName, body: &[u8]) -> Result<Vec<UploadEvent>, HookError> {
    dialect.dialect().read(&HeaderMap::new(), body).map(|message| message.events)
}

fn with_headers(headers: &HeaderMap, body: &[u8]) -> Vec<UploadEvent> {
    cloudevents::CloudEvents.read(headers, body).unwrap().events
}

fn object(bucket: &str, key: &str) -> Location {
    Location::Object { bucket: bucket.into(), key: key.into() }
}

fn versioned(location: Location, version: &str) -> UploadEvent {
    UploadEvent::new(location).version(Some(version.into()))
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
}

#[test]
fn tusd_names_the_file_or_the_object() {
    let id = "14b1c4c77771671a8479bc0444bbc5ce";
    let file = versioned(Location::Path(format!("/srv/tusd/{id}")), id).named(Some("clip.mp4".into())).external(id);
    assert_eq!(events(DialectName::Tusd, "tusd.json"), [file]);
    assert_eq!(events(DialectName::Tusd, "tusd-s3store.json")[0].location, object("media", "uploads/9a2b"));
}

#[test]
fn tusd_takes_an_upload_when_it_is_finished_and_whole() {
    let text = String::from_utf8(fixture("tusd.json")).unwrap();
    let asked = |text: String| read(DialectName::Tusd, text.as_bytes()).unwrap();
    for kind in ["pre-create", "post-create", "post-receive", "post-terminate"] {
        assert_eq!(asked(text.replace("post-finish", kind)), [], "{kind}");
    }
    let pre_finish = text.replace("post-finish", "pre-finish");
    let awaits = |text: &str| tusd::Tusd.read(&HeaderMap::new(), text.as_bytes()).unwrap().awaits_verdict;
    assert!(awaits(&pre_finish) && !awaits(&text));
    assert_eq!(asked(text.replace(r#""IsPartial": false"#, r#""IsPartial": true"#)), []);
}

#[test]
fn tusd_writes_null_where_there_is_no_metadata() {
    let mut message: serde_json::Value = serde_json::from_slice(&fixture("tusd.json")).unwrap();
    message["Event"]["Upload"]["MetaData"] = serde_json::Value::Null;
    let found = read(DialectName::Tusd, message.to_string().as_bytes()).unwrap();
    assert_eq!(found[0].name, "14b1c4c77771671a8479bc0444bbc5ce");
}

#[test]
fn s3_decodes_keys_and_takes_what_was_made() {
    let version = "096fKKXTRTtl3on89fVO.nfljtsv6qko";
    assert_eq!(events(DialectName::S3, "aws.json"), [versioned(object("media", "in/Häfen und 100%.mp4"), version)]);
    let minio = versioned(object("media", "in/clip.mp4"), "8b1a9953c4611296a827abf8c47804d7 17A4C0DE");
    assert_eq!(events(DialectName::S3, "minio.json"), [minio]);
    assert_eq!(events(DialectName::S3, "aws-test.json"), []);
}

/// Envelopes of SNS are opened before, once their signature is checked.
#[test]
fn an_envelope_is_no_message_of_s3() {
    let error = read(DialectName::S3, &fixture("sns-sha256.json")).unwrap_err();
    assert_eq!(error.code(), "hook-malformed");
}

#[test]
fn one_bad_record_costs_itself_alone() {
    let mut aws: serde_json::Value = serde_json::from_slice(&fixture("aws.json")).unwrap();
    let good = aws["Records"][0].clone();
    let mut not_utf8 = good.clone();
    not_utf8["s3"]["object"]["key"] = "%ff".into();
    aws["Records"] = serde_json::json!([7, good, {"eventName": "ObjectCreated:Put"}, good, not_utf8]);
    let message = s3::S3.read(&HeaderMap::new(), aws.to_string().as_bytes()).unwrap();
    assert_eq!(message.events.len(), 2);
    assert_eq!(message.refused.iter().map(|refused| refused.record).collect::<Vec<_>>(), [0, 2, 4]);
    let batch = headers(&[("content-type", "Application/CloudEvents-Batch+JSON; charset=utf-8")]);
    let two = [b"[{}, ".as_slice(), &fixture("cloudevents.json"), b"]"].concat();
    let message = cloudevents::CloudEvents.read(&batch, &two).unwrap();
    assert_eq!((message.events.len(), message.refused.len()), (1, 1));
    assert!(cloudevents::CloudEvents.read(&batch, b"[{}]").is_err());
}

#[test]
fn hooks_about_something_else_announce_nothing() {
    for (dialect, body) in [
        (DialectName::Tusd, r#"{"Type": "post-terminate", "Event": {"Upload": null, "HTTPRequest": {}}}"#),
        (DialectName::Tusd, r#"{"Type": "pre-create"}"#),
        (DialectName::Directus, r#"{"event": "items.delete", "payload": ["1", "2"], "collection": "articles"}"#),
        (DialectName::Directus, r#"{"event": "items.create", "key": 7, "payload": {"filesize": []}}"#),
        (DialectName::Strapi, r#"{"event": "entry.publish", "model": "article", "entry": {"id": 1}, "media": []}"#),
        (DialectName::Strapi, r#"{"event": "media.delete", "media": {"id": 1}}"#),
        (DialectName::S3, r#"{"Records": []}"#),
        (DialectName::S3, r#"{"Records": [{"eventName": "s3:ObjectRemoved:Delete"}]}"#),
        (DialectName::S3, r#"{"detail-type": "Object Deleted", "detail": {"bucket": {}}}"#),
    ] {
        assert_eq!(read(dialect, body.as_bytes()).unwrap(), [], "{body}");
        let answer = dialect.dialect().answer(&[], &[], None);
        assert_eq!(answer.status, StatusCode::OK, "{body}");
    }
}

#[test]
fn eventbridge_writes_keys_as_they_are() {
    let found = events(DialectName::S3, "eventbridge.json");
    assert_eq!(found[0].location, object("media", "in/a+b 100%.mp4"));
    assert_eq!(found[0].name, "a+b 100%.mp4");
}

#[test]
fn seaweedfs_takes_files_in_buckets() {
    let file = versioned(object("media", "in/por traitä.jpg"), "X/4lA6LEo62bTM2dZIXE2A==");
    assert_eq!(events(DialectName::SeaweedFs, "seaweedfs.json"), [file]);
    assert_eq!(events(DialectName::SeaweedFs, "seaweedfs-directory.json"), []);
    let text = String::from_utf8(fixture("seaweedfs.json")).unwrap();
    for other in ["/buckets/media/.uploads/1/0001.part", "/etc/passwd", "/buckets/media"] {
        let text = text.replace("/buckets/media/in/por traitä.jpg", other);
        assert_eq!(read(DialectName::SeaweedFs, text.as_bytes()).unwrap(), [], "{other}");
    }
    let deleted = text.replace("\"create\"", "\"delete\"");
    assert_eq!(read(DialectName::SeaweedFs, deleted.as_bytes()).unwrap(), []);
}

#[test]
fn strapi_and_directus_say_what_tags_go_back_to() {
    let path = Location::Path("/uploads/clip_d1b9f2a1c5.mp4".into());
    let strapi =
        versioned(path, "clip_d1b9f2a1c5 2026-11-20T09:30:00.000Z").named(Some("clip.mp4".into())).external("6");
    assert_eq!(events(DialectName::Strapi, "strapi.json"), [strapi]);
    assert_eq!(events(DialectName::Strapi, "strapi-test.json"), []);
    let key = "0f2b7d4e-9d0b-4a7e-8f4e-3f5b1f2f6a11";
    let directus = versioned(Location::Path(format!("{key}.mp4")), &format!("{key} 11205 "))
        .named(Some("clip.mp4".into()))
        .external(key);
    assert_eq!(events(DialectName::Directus, "directus.json"), [directus]);
}

#[test]
fn cloudevents_are_understood_in_all_three_modes() {
    let wanted = versioned(object("media", "in/clip.mp4"), "/dam/library A234-1234-1234").external("asset-7");
    let event = fixture("cloudevents.json");
    let structured = headers(&[("content-type", "application/cloudevents+json; charset=utf-8")]);
    assert_eq!(with_headers(&structured, &event), std::slice::from_ref(&wanted));

    let batch = headers(&[("content-type", "application/cloudevents-batch+json")]);
    let two = [b"[".as_slice(), &event, b",", &event, b"]"].concat();
    assert_eq!(with_headers(&batch, &two), [wanted.clone(), wanted.clone()]);

    let attributes =
        [("ce-specversion", "1.0"), ("ce-id", "A234-1234-1234"), ("ce-source", "/dam/library"), ("ce-type", "x")];
    let binary = headers(&[&attributes[..], &[("content-type", "application/json")]].concat());
    let data = br#"{"bucket": "media", "key": "in/clip.mp4", "external": "asset-7"}"#;
    assert_eq!(with_headers(&binary, data), [wanted]);
    assert_eq!(read(DialectName::CloudEvents, data).unwrap_err().code(), "hook-malformed");
}

#[test]
fn our_own_message_names_one_place() {
    let found = events(DialectName::Veritag, "veritag.json");
    assert_eq!(found[0].location.to_string(), "url https://dam.example.org/files/clip.mp4?token=a");
    let nameless = UploadEvent::new(found[0].location.clone());
    assert_eq!(nameless.name, "clip.mp4", "not what may be secret in an address");
    assert_eq!((found[0].version.as_deref(), found[0].external.as_deref()), (Some("3"), Some("asset-7")));
    for wrong in ["{}", r#"{"url": "a", "path": "b"}"#, r#"{"bucket": "a"}"#, r#"{"url": "a", "typo": 1}"#, "[]", ""] {
        let error = read(DialectName::Veritag, wrong.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "hook-malformed", "{wrong}");
    }
}

const ALL: [DialectName; 7] = [
    DialectName::Tusd,
    DialectName::S3,
    DialectName::SeaweedFs,
    DialectName::Strapi,
    DialectName::Directus,
    DialectName::CloudEvents,
    DialectName::Veritag,
];

#[test]
fn a_message_of_another_dialect_is_never_taken_for_an_asset() {
    let fixtures = ["tusd.json", "aws.json", "seaweedfs.json", "strapi.json", "directus.json", "veritag.json"];
    let own = [
        DialectName::Tusd,
        DialectName::S3,
        DialectName::SeaweedFs,
        DialectName::Strapi,
        DialectName::Directus,
        DialectName::Veritag,
    ];
    for (name, own) in fixtures.into_iter().zip(own) {
        for dialect in ALL.into_iter().filter(|dialect| *dialect != own) {
            let found = read(dialect, &fixture(name)).unwrap_or_default();
            assert_eq!(found, [], "{name} as {dialect:?}");
        }
    }
}

fn recorded() -> Vec<Vec<u8>> {
    let names = ["tusd", "aws", "minio", "eventbridge", "seaweedfs", "strapi", "directus", "cloudevents", "veritag"];
    names.map(|name| fixture(&format!("{name}.json"))).into()
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn no_body_crashes_a_dialect(body in hostile(recorded())) {
        ALL.into_iter().for_each(|dialect| drop(read(dialect, &body)));
    }

    #[test]
    fn no_cloud_event_crashes_its_reader(body in hostile(recorded()), media_type in "application/cloudevents(-batch)?\\+json.{0,9}") {
        if let Ok(media_type) = http::HeaderValue::from_str(&media_type) {
            let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, media_type)]);
            drop(cloudevents::CloudEvents.read(&headers, &body));
            drop(cloudevents::CloudEvents.read(&headers, &[b"[", &body[..], b"]"].concat()));
        }
    }

    #[test]
    fn no_envelope_crashes_its_reader(body in hostile(envelopes()), certificate in hostile(vec![fixture("sns.pem")])) {
        if let Ok(Some(envelope)) = sns::Envelope::read(&body) {
            drop((envelope.verify(&certificate), envelope.verify(&fixture("sns.pem"))));
            drop((envelope.certificate(), envelope.purpose()));
        }
    }
}

fn envelopes() -> Vec<Vec<u8>> {
    ["sns-sha1.json", "sns-sha256.json", "sns-confirmation.json"].map(fixture).into()
}

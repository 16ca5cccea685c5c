use std::path::Path;

use proptest::prelude::*;

use super::*;

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hooks").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn arrivals(dialect: Dialect, name: &str) -> Vec<Arrival> {
    dialect.arrivals(&HeaderMap::new(), &fixture(name)).unwrap()
}

fn object(bucket: &str, key: &str) -> Place {
    Place::Object { bucket: bucket.into(), key: key.into() }
}

fn versioned(place: Place, version: &str) -> Arrival {
    Arrival::new(place).version(Some(version.into()))
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
}

#[test]
fn tusd_names_the_file_or_the_object() {
    let id = "14b1c4c77771671a8479bc0444bbc5ce";
    let file = versioned(Place::Path(format!("/srv/tusd/{id}")), id).named(Some("clip.mp4".into())).external(id);
    assert_eq!(arrivals(Dialect::Tusd, "tusd.json"), [file]);
    assert_eq!(arrivals(Dialect::Tusd, "tusd-s3store.json")[0].place, object("media", "uploads/9a2b"));
}

#[test]
fn tusd_takes_an_upload_when_it_is_finished_and_whole() {
    let text = String::from_utf8(fixture("tusd.json")).unwrap();
    let asked = |text: String| Dialect::Tusd.arrivals(&HeaderMap::new(), text.as_bytes()).unwrap();
    for kind in ["pre-create", "post-create", "post-receive", "pre-finish", "post-terminate"] {
        assert_eq!(asked(text.replace("post-finish", kind)), [], "{kind}");
    }
    assert_eq!(asked(text.replace(r#""IsPartial": false"#, r#""IsPartial": true"#)), []);
}

#[test]
fn tusd_writes_null_where_there_is_no_metadata() {
    let mut message: serde_json::Value = serde_json::from_slice(&fixture("tusd.json")).unwrap();
    message["Event"]["Upload"]["MetaData"] = serde_json::Value::Null;
    let found = Dialect::Tusd.arrivals(&HeaderMap::new(), message.to_string().as_bytes()).unwrap();
    assert_eq!(found[0].name, "14b1c4c77771671a8479bc0444bbc5ce");
}

#[test]
fn s3_decodes_keys_and_takes_what_was_made() {
    let version = "096fKKXTRTtl3on89fVO.nfljtsv6qko";
    assert_eq!(arrivals(Dialect::S3, "aws.json"), [versioned(object("media", "in/Häfen und 100%.mp4"), version)]);
    let minio = versioned(object("media", "in/clip.mp4"), "8b1a9953c4611296a827abf8c47804d7 17A4C0DE");
    assert_eq!(arrivals(Dialect::S3, "minio.json"), [minio]);
    assert_eq!(arrivals(Dialect::S3, "aws-test.json"), []);
}

#[test]
fn eventbridge_writes_keys_as_they_are() {
    let found = arrivals(Dialect::S3, "eventbridge.json");
    assert_eq!(found[0].place, object("media", "in/a+b 100%.mp4"));
    assert_eq!(found[0].name, "a+b 100%.mp4");
}

#[test]
fn seaweedfs_takes_files_in_buckets() {
    let file = versioned(object("media", "in/por traitä.jpg"), "X/4lA6LEo62bTM2dZIXE2A==");
    assert_eq!(arrivals(Dialect::SeaweedFs, "seaweedfs.json"), [file]);
    assert_eq!(arrivals(Dialect::SeaweedFs, "seaweedfs-directory.json"), []);
    let text = String::from_utf8(fixture("seaweedfs.json")).unwrap();
    for other in ["/buckets/media/.uploads/1/0001.part", "/etc/passwd", "/buckets/media"] {
        let text = text.replace("/buckets/media/in/por traitä.jpg", other);
        assert_eq!(Dialect::SeaweedFs.arrivals(&HeaderMap::new(), text.as_bytes()).unwrap(), [], "{other}");
    }
    let deleted = text.replace("\"create\"", "\"delete\"");
    assert_eq!(Dialect::SeaweedFs.arrivals(&HeaderMap::new(), deleted.as_bytes()).unwrap(), []);
}

#[test]
fn strapi_and_directus_say_what_tags_go_back_to() {
    let path = Place::Path("/uploads/clip_d1b9f2a1c5.mp4".into());
    let strapi =
        versioned(path, "clip_d1b9f2a1c5 2026-11-20T09:30:00.000Z").named(Some("clip.mp4".into())).external("6");
    assert_eq!(arrivals(Dialect::Strapi, "strapi.json"), [strapi]);
    assert_eq!(arrivals(Dialect::Strapi, "strapi-test.json"), []);
    let key = "0f2b7d4e-9d0b-4a7e-8f4e-3f5b1f2f6a11";
    let directus = versioned(Place::Path(format!("{key}.mp4")), &format!("{key} 11205 "))
        .named(Some("clip.mp4".into()))
        .external(key);
    assert_eq!(arrivals(Dialect::Directus, "directus.json"), [directus]);
}

#[test]
fn cloudevents_are_understood_in_all_three_modes() {
    let wanted = versioned(object("media", "in/clip.mp4"), "/dam/library A234-1234-1234").external("asset-7");
    let event = fixture("cloudevents.json");
    let structured = headers(&[("content-type", "application/cloudevents+json; charset=utf-8")]);
    assert_eq!(Dialect::CloudEvents.arrivals(&structured, &event).unwrap(), std::slice::from_ref(&wanted));

    let batch = headers(&[("content-type", "application/cloudevents-batch+json")]);
    let two = [b"[".as_slice(), &event, b",", &event, b"]"].concat();
    assert_eq!(Dialect::CloudEvents.arrivals(&batch, &two).unwrap(), [wanted.clone(), wanted.clone()]);

    let attributes =
        [("ce-specversion", "1.0"), ("ce-id", "A234-1234-1234"), ("ce-source", "/dam/library"), ("ce-type", "x")];
    let binary = headers(&[&attributes[..], &[("content-type", "application/json")]].concat());
    let data = br#"{"bucket": "media", "key": "in/clip.mp4", "external": "asset-7"}"#;
    assert_eq!(Dialect::CloudEvents.arrivals(&binary, data).unwrap(), [wanted]);
    assert_eq!(Dialect::CloudEvents.arrivals(&HeaderMap::new(), data).unwrap_err().code(), "hook-malformed");
}

#[test]
fn our_own_message_names_one_place() {
    let found = arrivals(Dialect::Veritag, "veritag.json");
    assert_eq!(found[0].place.to_string(), "url https://dam.example.org/files/clip.mp4?token=a");
    let nameless = Arrival::new(found[0].place.clone());
    assert_eq!(nameless.name, "clip.mp4", "not what may be secret in an address");
    assert_eq!((found[0].version.as_deref(), found[0].external.as_deref()), (Some("3"), Some("asset-7")));
    for wrong in ["{}", r#"{"url": "a", "path": "b"}"#, r#"{"bucket": "a"}"#, r#"{"url": "a", "typo": 1}"#, "[]", ""] {
        let error = Dialect::Veritag.arrivals(&HeaderMap::new(), wrong.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "hook-malformed", "{wrong}");
    }
}

const ALL: [Dialect; 7] = [
    Dialect::Tusd,
    Dialect::S3,
    Dialect::SeaweedFs,
    Dialect::Strapi,
    Dialect::Directus,
    Dialect::CloudEvents,
    Dialect::Veritag,
];

#[test]
fn a_message_of_another_dialect_is_never_taken_for_an_asset() {
    let fixtures = ["tusd.json", "aws.json", "seaweedfs.json", "strapi.json", "directus.json", "veritag.json"];
    let own = [Dialect::Tusd, Dialect::S3, Dialect::SeaweedFs, Dialect::Strapi, Dialect::Directus, Dialect::Veritag];
    for (name, own) in fixtures.into_iter().zip(own) {
        for dialect in ALL.into_iter().filter(|dialect| *dialect != own) {
            let found = dialect.arrivals(&HeaderMap::new(), &fixture(name)).unwrap_or_default();
            assert_eq!(found, [], "{name} as {dialect:?}");
        }
    }
}

proptest! {
    #[test]
    fn no_body_crashes_a_dialect(body in prop::collection::vec(any::<u8>(), 0..200)) {
        ALL.into_iter().for_each(|dialect| drop(dialect.arrivals(&HeaderMap::new(), &body)));
    }
}

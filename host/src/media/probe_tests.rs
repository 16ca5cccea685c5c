//! On recorded ffprobe output: `fixtures/ffprobe`.

use super::*;

fn parse(name: &str) -> Result<Probe, Refusal> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/ffprobe");
    Probe::parse(&std::fs::read(format!("{dir}/{name}.json")).unwrap())
}

fn probe(name: &str) -> Probe {
    parse(name).unwrap()
}

#[test]
fn reads_a_plain_video() {
    let probe = probe("real.mp4");
    assert_eq!((probe.kind, probe.width, probe.height, probe.rotation), (Kind::Video, 640, 480, 0));
    assert_eq!((probe.duration_us, probe.frame_rate), (Some(8_000_000), Some(25.0)));
    assert_eq!((probe.codec.as_deref(), probe.pix_fmt.as_deref()), (Some("h264"), Some("yuv420p")));
    assert_eq!((probe.hdr, probe.coded_pixels, probe.stream), (None, 640 * 480, 0));
}

#[test]
fn size_is_as_displayed() {
    let facts = |name| {
        let probe = probe(name);
        (probe.width, probe.height, probe.rotation)
    };
    assert_eq!(facts("rotated.mp4"), (240, 320, 90));
    assert_eq!(facts("exif-rotated.jpg"), (256, 192, 90));
    assert_eq!(facts("anamorphic.mp4"), (427, 240, 0));
}

#[test]
fn a_picture_is_an_image_until_it_moves() {
    let kinds = ["still.gif", "exif-rotated.jpg", "portrait.avif"].map(|name| probe(name).kind);
    assert_eq!(kinds, [Kind::Image; 3]);
    let kinds = ["animated.gif", "animated.png", "no-duration.webm"].map(|name| probe(name).kind);
    assert_eq!(kinds, [Kind::Video; 3]);
    let still = probe("still.gif");
    assert_eq!((still.duration_us, still.frame_rate), (None, None));
}

#[test]
fn unknown_facts_are_none() {
    assert_eq!(probe("no-duration.webm").duration_us, None);
    assert_eq!(probe("three-hours.mp4").duration_us, Some(3 * 3600 * 1_000_000));
    assert!(probe("vfr.mkv").duration_us.is_some_and(|us| (1_900_000..2_100_000).contains(&us)));
}

#[test]
fn knows_what_needs_care() {
    assert_eq!(probe("hdr.mp4").hdr.as_deref(), Some("smpte2084"));
    assert!(probe("animated.gif").has_alpha() && !probe("real.mp4").has_alpha());
}

#[test]
fn refuses_what_has_no_picture() {
    assert_eq!(parse("audio-only.m4a").unwrap_err(), Refusal::NoVideo);
    assert_eq!(parse("cover.mp3").unwrap_err(), Refusal::NoVideo);
    assert_eq!(parse("bomb.png").unwrap_err(), Refusal::NoSize { codec: Some("png".into()) });
    assert_eq!(parse("animated.webp").unwrap_err(), Refusal::NoSize { codec: Some("webp".into()) });
    assert_eq!(Probe::parse(b"{}").unwrap_err(), Refusal::NoVideo);
    assert!(matches!(Probe::parse(b"").unwrap_err(), Refusal::NotJson(_)));
}

fn recorded() -> Vec<Vec<u8>> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/ffprobe");
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

proptest::proptest! {
    #![proptest_config(crate::mutation::config(256))]

    #[test]
    fn no_report_crashes_its_reader(bytes in crate::mutation::hostile(recorded())) {
        drop(Probe::parse(&bytes));
    }
}

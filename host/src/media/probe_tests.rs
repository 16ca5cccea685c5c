//! On recorded ffprobe output: `fixtures/ffprobe`.

use super::*;

fn parse(name: &str) -> Result<Probe, Refusal> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/ffprobe");
    let report: Report = serde_json::from_slice(&std::fs::read(format!("{dir}/{name}.json")).unwrap()).unwrap();
    Probe::of(&report, report.streams.iter().find(|stream| stream.is_content()).ok_or(Refusal::NoVideo)?)
}

fn probe(name: &str) -> Probe {
    parse(name).unwrap()
}

#[test]
fn reads_a_plain_video() {
    let probe = probe("real.mp4");
    assert_eq!((probe.kind, probe.width, probe.height, probe.rotation), (Kind::Video, 640, 480, None));
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
    assert_eq!(facts("rotated.mp4"), (240, 320, Some(90)));
    assert_eq!(facts("exif-rotated.jpg"), (256, 192, Some(90)));
    assert_eq!(facts("anamorphic.mp4"), (427, 240, None));
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
}

#[test]
fn a_recording_that_begins_late_lasts_from_its_first_frame() {
    let report = |start: &str, format: &str| -> Report {
        let stream = format!(r#"{{"codec_type": "video", "width": 9, "height": 9, "start_time": "{start}"}}"#);
        let format = format!(r#"{{"format_name": "{format}", "start_time": "10.0", "duration": "12.0"}}"#);
        serde_json::from_str(&format!(r#"{{"format": {format}, "streams": [{stream}]}}"#)).unwrap()
    };
    let extent = |report: Report| Probe::of(&report, &report.streams[0]).unwrap().extent_us();
    assert_eq!(extent(report("10.0", MATROSKA)), (0, Some(2_000_000)));
    assert_eq!(extent(report("11.5", MATROSKA)), (1_500_000, Some(2_000_000)));
    assert_eq!(extent(report("13.0", "flv")), (3_000_000, Some(12_000_000)));
}

#[test]
fn a_picture_is_turned_once() {
    let mut still = probe("still.gif");
    let (width, height) = (still.width, still.height);
    still.orient(6);
    assert_eq!((still.width, still.height, still.orientation), (height, width, 6));
    let mut turned_by_ffmpeg = probe("exif-rotated.jpg");
    turned_by_ffmpeg.orient(6);
    assert_eq!(turned_by_ffmpeg.orientation, 1);
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
        if let Ok(report) = serde_json::from_slice::<Report>(&bytes) {
            report.streams.iter().for_each(|stream| drop(Probe::of(&report, stream).map(|probe| probe.extent_us())));
        }
    }
}

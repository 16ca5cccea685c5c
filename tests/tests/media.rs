//! Probes and decodes every fixture with the real ffmpeg.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
    time::{Duration, Instant},
};
use veritag::media::{Frames, Kind, Limits, MediaError, Probe, Span, sample, tracks, window};
use veritag::tools::Tools;

const LIMIT: Duration = Duration::from_secs(60);

fn fixture(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/media")).join(name)
}

fn tools() -> &'static Tools {
    static TOOLS: LazyLock<Tools> = LazyLock::new(|| Tools::find(None, None).unwrap());
    &TOOLS
}

fn look(path: &Path) -> Result<Probe, MediaError> {
    tracks(tools(), &Limits::default(), path, Instant::now() + LIMIT).map(|mut tracks| tracks.swap_remove(0))
}

fn decode(path: &Path, start_us: u64, frames: u32, max_side: u32) -> Result<Frames, MediaError> {
    let (tools, limits, span) = (tools(), Limits::default(), Span { start_us, frames, max_side });
    let probe = look(path)?;
    let frames = window(tools, &limits, path, &probe, &span, Instant::now() + LIMIT)?;
    let bytes = frames.pts_us.len() * frames.width as usize * frames.height as usize * 3;
    assert_eq!(frames.pixels.len(), bytes, "{}", path.display());
    assert!(frames.pts_us.is_sorted(), "{}: {:?}", path.display(), frames.pts_us);
    Ok(frames)
}

fn shape(name: &str, frames: u32) -> (u32, u32, usize) {
    let frames = decode(&fixture(name), 0, frames, 640).unwrap();
    (frames.width, frames.height, frames.pts_us.len())
}

fn code(name: &str) -> &'static str {
    decode(&fixture(name), 0, 20, 640).unwrap_err().code()
}

/// Mean red, green and blue of a part of the first frame, as fractions of its size.
fn colour(frames: &Frames, x: (f64, f64), y: (f64, f64)) -> [u8; 3] {
    let range =
        |(from, to): (f64, f64), side: u32| (from * f64::from(side)) as usize..((to * f64::from(side)) as usize).max(1);
    let rows = range(y, frames.height);
    let pixels: Vec<&[u8]> = rows
        .flat_map(|row| range(x, frames.width).map(move |column| row * frames.width as usize + column))
        .map(|at| &frames.pixels[at * 3..][..3])
        .collect();
    [0, 1, 2].map(|c| (pixels.iter().map(|p| u64::from(p[c])).sum::<u64>() / pixels.len() as u64) as u8)
}

fn is_close(a: [u8; 3], b: [u8; 3], within: u8) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= within)
}

#[test]
fn gives_frames_as_displayed() {
    let clips = ["real.mp4", "manipulated.mp4", "tiny-face.mp4"];
    assert_eq!(clips.map(|name| shape(name, 20)), [(640, 480, 20); 3]);
    assert_eq!(shape("two-faces.mp4", 20), (640, 360, 20));
    assert_eq!(["dark.mp4", "blurred.mp4"].map(|name| shape(name, 20)), [(480, 360, 20); 2]);
    assert_eq!(shape("no-face.mp4", 20), (320, 240, 20));
    assert_eq!(shape("rotated.mp4", 20), (240, 320, 20));
    assert_eq!(shape("anamorphic.mp4", 20), (427, 240, 20));
    assert_eq!(shape("odd-size.mp4", 20), (101, 57, 20));
    assert_eq!(shape("one-frame.mp4", 20), (320, 240, 1));
    assert_eq!(shape("no-duration.webm", 20), (320, 240, 20));
}

#[test]
fn a_recording_that_does_not_say_how_long_it_is_is_looked_at_over_its_whole_length() {
    let path = fixture("no-duration.webm");
    let probe = look(&path).unwrap();
    assert_eq!(probe.duration_us, Some(3_000_000));
    let starts = sample::starts(probe.extent_us(), probe.frame_rate, 3, 20);
    let decoded: Vec<u64> = starts.iter().map(|&start| decode(&path, start, 20, 640).unwrap().pts_us[0]).collect();
    assert!(
        decoded.iter().zip(&starts).all(|(found, asked)| found.abs_diff(*asked) < 50_000),
        "{decoded:?} {starts:?}"
    );
}

#[test]
fn gives_pictures_as_one_frame() {
    assert_eq!(["portrait.png", "portrait.jpg"].map(|name| shape(name, 20)), [(512, 512, 1); 2]);
    assert_eq!(["portrait.webp", "portrait.avif", "alpha.png"].map(|name| shape(name, 20)), [(160, 160, 1); 3]);
    assert_eq!(shape("exif-rotated.jpg", 20), (256, 192, 1));
    assert_eq!(shape("still.gif", 20), (96, 96, 1));
    assert_eq!(["animated.gif", "animated.png"].map(|name| shape(name, 50)), [(96, 96, 24); 2]);
}

#[test]
fn shrinks_and_never_enlarges() {
    let small = decode(&fixture("real.mp4"), 0, 2, 100).unwrap();
    assert_eq!((small.width, small.height), (100, 75));
    let same = decode(&fixture("odd-size.mp4"), 0, 2, 5000).unwrap();
    assert_eq!((same.width, same.height), (101, 57));
}

#[test]
fn times_are_those_of_the_file() {
    let times = |name, start, frames| decode(&fixture(name), start, frames, 64).unwrap().pts_us;
    assert_eq!(times("real.mp4", 0, 4), [0, 40_000, 80_000, 120_000]);
    assert_eq!(times("real.mp4", 4_000_000, 3), [4_000_000, 4_040_000, 4_080_000]);
    assert_eq!(times("real.mp4", 3_990_000, 2), [4_000_000, 4_040_000]);
    let uneven = [0, 53_000, 106_000, 120_000, 173_000, 226_000, 240_000];
    assert_eq!(times("vfr.mkv", 0, 7), uneven);
    assert_eq!(times("vfr.mkv", 100_000, 5), uneven[2..]);
    assert_eq!(times("no-index.ts", 1_000_000, 2), [1_000_000, 1_040_000]);
    assert_eq!(times("animated.gif", 0, 3), [0, 40_000, 80_000]);
}

#[test]
fn a_late_window_shows_the_same_frames_as_an_early_one_that_reaches_it() {
    let early = decode(&fixture("real.mp4"), 0, 60, 160).unwrap();
    let late = decode(&fixture("real.mp4"), 2_000_000, 10, 160).unwrap();
    let frame = 160 * 120 * 3;
    assert_eq!(late.pixels, early.pixels[50 * frame..]);
    assert_eq!(late.pts_us, early.pts_us[50..]);
}

#[test]
fn turns_phone_media_upright() {
    let upright = colour(&decode(&fixture("rotated.mp4"), 0, 1, 640).unwrap(), (0.0, 0.2), (0.0, 0.15));
    let plain = decode(&fixture("portrait.png"), 0, 1, 640).unwrap();
    assert!(is_close(upright, colour(&plain, (0.24, 0.31), (0.0, 0.06)), 30), "{upright:?}");
    let photo = decode(&fixture("exif-rotated.jpg"), 0, 1, 640).unwrap();
    for at in [0.0, 0.4, 0.8] {
        let (x, y) = ((at, at + 0.2), (at, at + 0.2));
        let in_plain = |(from, to), offset: f64, side: f64| {
            let map = |f: f64| (offset + f * side) / 512.0;
            (map(from), map(to))
        };
        let expected = colour(&plain, in_plain(x, 100.0, 256.0), in_plain(y, 0.0, 192.0));
        assert!(is_close(colour(&photo, x, y), expected, 6), "{at}: {expected:?}");
    }
}

#[test]
fn transparency_becomes_black() {
    let frames = decode(&fixture("alpha.png"), 0, 1, 640).unwrap();
    assert_eq!(colour(&frames, (0.0, 0.05), (0.0, 0.05)), [0, 0, 0]);
    assert!(colour(&frames, (0.4, 0.6), (0.4, 0.6)).iter().all(|c| *c > 20));
}

#[test]
fn high_dynamic_range_looks_like_the_original() {
    let whole = ((0.0, 1.0), (0.0, 1.0));
    let [hdr, plain] = ["hdr.mp4", "vfr.mkv"].map(|name| decode(&fixture(name), 0, 1, 640).unwrap());
    let (hdr, plain) = (colour(&hdr, whole.0, whole.1), colour(&plain, whole.0, whole.1));
    assert!(is_close(hdr, plain, 20), "{hdr:?} for {plain:?}");
}

#[test]
fn three_hours_cost_a_few_windows() {
    let (path, started) = (fixture("three-hours.mp4"), Instant::now());
    let facts = look(&path).unwrap();
    let starts = sample::starts(facts.extent_us(), facts.frame_rate, 4, 20);
    assert_eq!(starts.len(), 4);
    for start in starts {
        let frames = decode(&path, start, 20, 640).unwrap();
        assert_eq!(frames.pts_us.len(), 20);
        assert!(frames.pts_us[0] - start < 1_000_000);
    }
    assert!(started.elapsed() < Duration::from_secs(40));
}

#[test]
fn every_window_of_every_clip_has_frames() {
    for name in ["real.mp4", "vfr.mkv", "rotated.mp4", "no-duration.webm", "animated.gif", "odd-size.mp4"] {
        let facts = look(&fixture(name)).unwrap();
        assert_eq!(facts.kind, Kind::Video);
        for start in sample::starts(facts.extent_us(), facts.frame_rate, 3, 10) {
            let frames = decode(&fixture(name), start, 10, 64).unwrap();
            assert_eq!(frames.pts_us.len(), 10, "{name} at {start}");
        }
    }
}

#[test]
fn bad_files_have_their_codes() {
    assert_eq!(code("empty.mp4"), "media-empty");
    assert_eq!(code("truncated.mp4"), "media-undecodable");
    assert_eq!(code("text.mp4"), "media-unsupported");
    assert_eq!(code("playlist.mp4"), "media-unsupported");
    assert_eq!(code("audio-only.m4a"), "media-no-video");
    assert_eq!(code("cover.mp3"), "media-no-video");
    assert_eq!(code("bomb.png"), "media-too-many-pixels");
    assert_eq!(code("no-such-file.mp4"), "media-not-found");
    assert_eq!(code("."), "media-unreadable");
}

#[test]
fn animated_webp_is_decoded_or_refused_by_name() {
    match decode(&fixture("animated.webp"), 0, 24, 640) {
        Ok(frames) => assert_eq!(frames.pts_us.len(), 24),
        Err(error) => assert!(error.to_string().contains("animated WebP"), "{error}"),
    }
}

#[test]
fn messages_carry_ffmpegs_words_and_the_users_name_for_the_file() {
    let message = look(&fixture("truncated.mp4")).unwrap_err().to_string();
    assert!(message.contains("moov atom not found") && message.contains("truncated.mp4"), "{message}");
    let message = look(&fixture("bomb.png")).unwrap_err().to_string();
    assert!(message.contains("30000×30000"), "{message}");
}

#[test]
fn a_lost_tail_spoils_only_its_own_windows() {
    let path = fixture("cut-tail.mp4");
    assert_eq!(decode(&path, 0, 20, 640).unwrap().pts_us.len(), 20);
    assert_eq!(decode(&path, 1_800_000, 5, 640).unwrap_err().code(), "media-undecodable");
}

#[test]
fn a_start_past_the_end_is_an_error_that_says_so() {
    let error = decode(&fixture("real.mp4"), 9_000_000, 5, 640).unwrap_err();
    assert!(error.to_string().contains("no frame at or after 9.000 s"), "{error}");
}

#[test]
fn limits_hold_before_decoding() {
    let refused = |limits, name| tracks(tools(), &limits, &fixture(name), Instant::now() + LIMIT).unwrap_err().code();
    let few_pixels = Limits { pixels: 100 * 100, ..Limits::default() };
    assert_eq!(
        ["real.mp4", "portrait.png", "portrait.jpg", "animated.gif", "hdr.mp4", "no-duration.webm"]
            .map(|name| refused(Limits { pixels: 50 * 50, ..few_pixels }, name)),
        ["media-too-many-pixels"; 6]
    );
    assert_eq!(refused(Limits { bytes: 1000, ..Limits::default() }, "real.mp4"), "media-too-large");
}

#[cfg(unix)]
mod names {
    use super::*;
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    #[test]
    fn no_name_means_anything_to_ffmpeg() {
        let dir = tempfile::tempdir().unwrap();
        let names: [&[u8]; 7] =
            [b"two words.mp4", b"-i", b"%03d.png", b"a{1}*?[2].png", b"http:x", b"caf\xe9\xff.mp4", b"concat:a|b"];
        for name in names {
            let path = dir.path().join(OsStr::from_bytes(name));
            std::fs::copy(fixture("one-frame.mp4"), &path).unwrap();
            assert_eq!(decode(&path, 0, 20, 640).unwrap().pts_us.len(), 1, "{}", path.display());
        }
        let picture = dir.path().join("%d{1}.png");
        std::fs::copy(fixture("portrait.png"), &picture).unwrap();
        assert_eq!(look(&picture).unwrap().kind, Kind::Image);
        assert_eq!(shape("name with spaces, 100%d {1}.mp4", 20), (320, 240, 1));
    }

    #[test]
    fn a_pipe_is_refused_without_waiting_for_its_writer() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("clip.mp4");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(look(&pipe).unwrap_err().code(), "media-unreadable");
    }
}

#[cfg(unix)]
mod broken_tools {
    use super::*;

    /// Answers `-version` and otherwise logs for ever.
    fn endless() -> PathBuf {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/tools/endless")).into()
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(500)
    }

    #[test]
    fn an_ffprobe_that_never_ends_is_stopped() {
        let tools = Tools::find(None, Some(endless())).unwrap();
        let started = Instant::now();
        let error = tracks(&tools, &Limits::default(), &fixture("real.mp4"), soon()).unwrap_err();
        assert_eq!(error.code(), "ffmpeg-timeout");
        assert!(error.to_string().contains("error while decoding MB"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn an_ffmpeg_that_never_ends_is_stopped() {
        let facts = look(&fixture("real.mp4")).unwrap();
        let tools = Tools::find(Some(endless()), None).unwrap();
        let span = Span { start_us: 0, frames: 20, max_side: 640 };
        let limits = Limits::default();
        let error = window(&tools, &limits, &fixture("real.mp4"), &facts, &span, soon()).unwrap_err();
        assert_eq!(error.code(), "ffmpeg-timeout");
    }

    #[test]
    fn a_missing_ffmpeg_is_said_so() {
        let error = Tools::find(Some("/nowhere/ffmpeg".into()), None).unwrap_err();
        assert_eq!(error.code(), "ffmpeg-not-found");
    }
}

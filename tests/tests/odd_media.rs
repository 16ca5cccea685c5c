//! Files that are not what they seem: several tracks, no times, joined streams, pictures that say how they are turned.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use veritag_tests::{documents, fixture, run, veritag};

/// Runs ffmpeg in `directory` with arguments as on a command line.
fn ffmpeg(directory: &Path, arguments: &str) {
    let mut command = Command::new("ffmpeg");
    command.current_dir(directory).args(["-nostdin", "-v", "error", "-y"]).args(arguments.split_whitespace());
    let output = run(&mut command);
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A directory with `face.mp4` (2 s of a genuine face), `fake.mp4` and `still.jpg`.
fn workshop() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (from, to) in [("real.mp4", "face.mp4"), ("manipulated.mp4", "fake.mp4")] {
        let input = fixture("media").join(from);
        ffmpeg(directory.path(), &format!("-i {} -t 2 -c:v libx264 -g 10 {to}", input.display()));
    }
    std::fs::copy(fixture("media/portrait.jpg"), directory.path().join("still.jpg")).unwrap();
    directory
}

fn scan(path: impl AsRef<Path>) -> Value {
    scan_windows(path, "4")
}

fn scan_windows(path: impl AsRef<Path>, windows: &str) -> Value {
    let output = run(veritag().args(["scan", "--json", "--windows", windows]).arg(path.as_ref()));
    documents(&output).remove(0)
}

fn starts(document: &Value) -> Vec<f64> {
    let windows = document["windows"].as_array().unwrap();
    windows.iter().map(|window| window["start_us"].as_f64().unwrap() / 1e6).collect()
}

/// `count` windows, each in its own part of `from..to` seconds.
fn covers(document: &Value, count: usize, (from, to): (f64, f64)) {
    let (starts, part) = (starts(document), (to - from) / count as f64);
    assert_eq!(starts.len(), count, "{document:#}");
    for (nth, start) in starts.iter().enumerate() {
        let begin = from + nth as f64 * part;
        assert!((begin - 0.05..begin + part).contains(start), "{starts:?}");
    }
}

fn joined(directory: &Path, parts: &[&str], name: &str) -> PathBuf {
    let bytes: Vec<u8> = parts.iter().flat_map(|part| std::fs::read(directory.join(part)).unwrap()).collect();
    std::fs::write(directory.join(name), bytes).unwrap();
    directory.join(name)
}

#[test]
fn what_players_show_is_judged_and_of_several_tracks_the_worst() {
    let work = workshop();
    let at = |name: &str| work.path().join(name);
    ffmpeg(work.path(), "-i still.jpg -i fake.mp4 -map 0 -map 1 -c:v:0 mjpeg -c:v:1 copy still-first.mkv");
    ffmpeg(
        work.path(),
        "-f lavfi -i color=s=160x120:d=2 -i fake.mp4 -map 0 -map 1 -c:v libx264 -disposition:v:0 0 -disposition:v:1 default second.mkv",
    );
    ffmpeg(
        work.path(),
        "-i face.mp4 -i fake.mp4 -map 0 -map 1 -c copy -disposition:v:0 default -disposition:v:1 default both.mp4",
    );
    let alone = scan(at("fake.mp4"));
    assert_eq!(alone["asset"]["media"].get("track"), None);
    for name in ["still-first.mkv", "both.mp4"] {
        let document = scan(at(name));
        assert_eq!(document["score"], alone["score"], "{name}");
        assert_eq!(
            (&document["asset"]["media"]["track"], &document["asset"]["media"]["tracks"]),
            (&1.into(), &2.into())
        );
    }
    assert!(scan(at("second.mkv"))["score"].is_number());
}

#[test]
fn streams_without_times_are_looked_at_over_their_whole_length() {
    let work = workshop();
    ffmpeg(work.path(), "-i face.mp4 -c:v libx264 -bf 3 -g 12 face.h264");
    ffmpeg(work.path(), "-i face.mp4 -c:v libx264 -bf 3 -g 12 -f matroska -live 1 piped.mkv");
    for name in ["face.h264", "piped.mkv"] {
        let document = scan(work.path().join(name));
        assert_eq!(document["asset"]["media"]["duration_us"], 2_000_000, "{name}");
        covers(&document, 2, (0.0, 2.0));
    }
}

#[test]
fn joined_streams_follow_one_another() {
    let work = workshop();
    ffmpeg(work.path(), "-i face.mp4 -c copy face.ts");
    ffmpeg(work.path(), "-f lavfi -i color=s=320x240:d=2:r=25 -c:v libx264 grey.ts");
    let document = scan(joined(work.path(), &["grey.ts", "face.ts"], "joined.ts"));
    assert_eq!(document["asset"]["media"]["duration_us"], 4_000_000);
    covers(&document, 4, (0.0, 4.0));
    let faces = |nth: usize| document["windows"][nth]["faces"].as_array().unwrap().len();
    assert_eq!([0, 1, 2, 3].map(faces), [0, 0, 1, 1]);
}

#[test]
fn a_small_part_before_a_large_one_does_not_shrink_it() {
    let work = workshop();
    ffmpeg(work.path(), "-i face.mp4 -c copy face.ts");
    ffmpeg(work.path(), "-f lavfi -i color=s=48x32:d=0.4:r=25 -c:v libx264 tiny.ts");
    ffmpeg(work.path(), "-i fake.mp4 -vf crop=360:480 -c:v libx264 upright.ts");
    let document = scan(joined(work.path(), &["tiny.ts", "face.ts"], "grows.ts"));
    for window in document["windows"].as_array().unwrap() {
        assert_eq!((&window["width"], &window["height"]), (&640.into(), &480.into()), "{document:#}");
        assert_eq!(window["faces"].as_array().unwrap().len(), 1, "{document:#}");
    }
    let document = scan(joined(work.path(), &["tiny.ts", "upright.ts", "face.ts"], "turns.ts"));
    let sizes: Vec<_> = document["windows"].as_array().unwrap().iter().map(|window| &window["width"]).collect();
    assert!(sizes.contains(&&360.into()) && sizes.contains(&&640.into()), "{sizes:?}");
}

#[test]
fn each_of_several_joined_files_is_judged_and_the_worst_reported() {
    let work = workshop();
    ffmpeg(work.path(), "-f lavfi -i color=s=320x240:d=1:r=25 -c:v libx264 grey.mp4");
    for (end, codec) in
        [("mkv", "copy"), ("flv", "copy"), ("avi", "copy"), ("mp4", "copy"), ("ogv", "libtheora -q:v 9")]
    {
        for name in ["grey", "fake"] {
            ffmpeg(work.path(), &format!("-i {name}.mp4 -c:v {codec} part-{name}.{end}"));
        }
        let [grey, fake] = ["grey", "fake"].map(|name| format!("part-{name}.{end}"));
        let alone = scan_windows(work.path().join(&fake), "1");
        assert_eq!(alone["asset"]["media"].get("recordings"), None);
        let joined = joined(work.path(), &[&grey, &fake, &grey], &format!("joined.{end}"));
        let document = scan_windows(joined, "1");
        let media = &document["asset"]["media"];
        assert_eq!((&media["recording"], &media["recordings"]), (&2.into(), &3.into()), "{end}: {document:#}");
        assert_eq!((&document["score"], &document["windows"]), (&alone["score"], &alone["windows"]), "{end}");
        assert!(document["text"].as_str().unwrap().contains("recording 2 of 3"), "{document:#}");
    }
}

#[test]
fn a_recording_that_starts_late_has_windows_where_it_has_frames() {
    let work = workshop();
    ffmpeg(work.path(), "-i face.mp4 -c copy -output_ts_offset 10 late.mkv");
    covers(&scan(work.path().join("late.mkv")), 2, (0.0, 2.0));
}

#[test]
fn a_frame_that_is_held_is_looked_at_as_long_as_it_is_shown() {
    let work = workshop();
    let held = "-i still.jpg -f lavfi -i color=s=512x512:d=2:r=25 -filter_complex \
        [0]format=yuv420p,setsar=1[a];[1]format=yuv420p[b];[a][b]concat,settb=1/1000,setpts=gt(N\\,0)*18000+N*40 \
        -fps_mode passthrough -enc_time_base 1:1000 -c:v libx264 held.mkv";
    ffmpeg(work.path(), held);
    let document = scan(work.path().join("held.mkv"));
    assert!(document["windows"][0]["faces"].as_array().is_some_and(|faces| !faces.is_empty()), "{document:#}");
    let starts = starts(&document);
    assert!(starts.windows(2).all(|pair| pair[0] < pair[1]), "{starts:?}");
}

/// A PNG with an `eXIf` chunk, as phones' screenshots and editors write it.
fn with_exif(png: &[u8], orientation: u8) -> Vec<u8> {
    let exif = [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", &[orientation][..], b"\0\0\0\0\0\0"].concat();
    let chunk = [&(exif.len() as u32).to_be_bytes()[..], b"eXIf", &exif, b"\0\0\0\0"].concat();
    let header = 8 + 25;
    [&png[..header], &chunk, &png[header..]].concat()
}

#[test]
fn pictures_are_judged_as_they_are_displayed() {
    let work = workshop();
    ffmpeg(work.path(), "-i still.jpg -vf crop=340:420 upright.png");
    ffmpeg(work.path(), "-i upright.png -vf transpose=cclock lying.png");
    let lying = std::fs::read(work.path().join("lying.png")).unwrap();
    std::fs::write(work.path().join("turned.png"), with_exif(&lying, 6)).unwrap();
    let [upright, turned] = ["upright.png", "turned.png"].map(|name| scan(work.path().join(name)));
    let size =
        |document: &Value| [document["asset"]["media"]["width"].clone(), document["asset"]["media"]["height"].clone()];
    assert_eq!(size(&turned), size(&upright));
    assert_eq!(turned["score"], upright["score"]);
}

#[test]
fn a_picture_that_is_mostly_missing_is_not_judged() {
    let work = workshop();
    let whole = std::fs::read(work.path().join("still.jpg")).unwrap();
    std::fs::write(work.path().join("cut.jpg"), &whole[..whole.len() * 2 / 5]).unwrap();
    let cut = scan(work.path().join("cut.jpg"));
    assert_eq!(cut["reason"], "undecodable", "{cut:#}");
    assert!(cut["error"]["message"].as_str().unwrap().contains("of the picture is missing"));
    let progressive = std::fs::read(fixture("media/progressive.jpg")).unwrap();
    std::fs::write(work.path().join("whole.jpg"), &progressive).unwrap();
    std::fs::write(work.path().join("coarse.jpg"), &progressive[..progressive.len() * 2 / 5]).unwrap();
    assert!(scan(work.path().join("whole.jpg"))["score"].is_number());
    let coarse = scan(work.path().join("coarse.jpg"));
    assert!(coarse["error"]["message"].as_str().is_some_and(|why| why.contains("breaks off")), "{coarse:#}");
}

#[test]
fn formats_that_are_not_read_are_named() {
    let work = workshop();
    let named = |name: &str, bytes: &[u8], word: &str| {
        std::fs::write(work.path().join(name), bytes).unwrap();
        let document = scan(work.path().join(name));
        assert_eq!(document["reason"], "unsupported", "{document:#}");
        assert!(document["error"]["message"].as_str().unwrap().contains(word), "{document:#}");
    };
    named("a.psd", b"8BPS\0\x01 and more", "Photoshop");
    named("a.ico", b"\0\0\x01\0\x01\0 and more", "ICO");
    named("a.nut", b"nut/multimedia container\0", "NUT");
    let jpeg_in_tiff = b"II*\0\x08\0\0\0\x01\0\x03\x01\x03\0\x01\0\0\0\x07\0\0\0\0\0\0\0";
    named("a.tif", jpeg_in_tiff, "JPEG within TIFF");
    let grid = [
        &b"\0\0\0\x10ftypheic\0\0\0\0"[..],
        b"\0\0\0\x3dmeta\0\0\0\0\0\0\0\x0epitm\0\0\0\0\0\x01",
        b"\0\0\0\x23iinf\0\0\0\0\0\x01\0\0\0\x15infe\x02\0\0\0\0\x01\0\0grid\0",
    ];
    named("a.heic", &grid.concat(), "tiles");
    named("b.heic", b"\0\0\0\x10ftypheic\0\0\0\0\0\0\0\x08free", "HEIC");
}

/// As cameras with two lenses write it (CIPA DC-007); a gain map is no picture of its own.
#[test]
fn views_of_a_picture_are_counted() {
    let work = workshop();
    let still = std::fs::read(work.path().join("still.jpg")).unwrap();
    let entry = |kind: u32, at: usize| [kind << 16, 0, at as u32, 0].map(u32::to_be_bytes).concat();
    // Counted from `MM`, which stands 10 bytes after the beginning of the file.
    let second = still.len() + 94 - 10;
    let third = second + still.len();
    let entries = [entry(3, 0), entry(0, second), entry(0, third)].concat();
    let index = [
        &b"MPF\0MM\0*\0\0\0\x08\0\x02"[..],
        b"\xb0\x01\0\x04\0\0\0\x01\0\0\0\x03",
        b"\xb0\x02\0\x07\0\0\0\x30\0\0\0\x26\0\0\0\0",
        &entries,
    ]
    .concat();
    let segment = [&b"\xff\xe2"[..], &(index.len() as u16 + 2).to_be_bytes(), &index].concat();
    assert_eq!(segment.len(), 94);
    let gain_map = [&still[..2], b"\xff\xe1\0\x0ahdrgm:.."].concat();
    let file = [&still[..2], &segment, &still[2..], &still, &gain_map].concat();
    std::fs::write(work.path().join("views.jpg"), file).unwrap();
    let document = scan(work.path().join("views.jpg"));
    assert_eq!(document["asset"]["media"]["pictures"], 2, "{document:#}");
    assert!(document["score"].is_number());
}

#[test]
fn pages_are_counted() {
    let work = workshop();
    let page = |next: u8| {
        let entries: [(u16, u16, u32); 9] = [
            (256, 3, 8),
            (257, 3, 8),
            (258, 3, 8),
            (259, 3, 1),
            (262, 3, 1),
            (273, 4, 400),
            (277, 3, 1),
            (278, 3, 8),
            (279, 4, 64),
        ];
        let tags = entries.iter().flat_map(|(tag, kind, value)| {
            [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &1u32.to_le_bytes(), &value.to_le_bytes()].concat()
        });
        [9u16.to_le_bytes().to_vec(), tags.collect(), vec![next, 0, 0, 0]].concat()
    };
    let mut tiff = [b"II*\0\x08\0\0\0".to_vec(), page(122), page(0)].concat();
    tiff.resize(464, 128);
    std::fs::write(work.path().join("pages.tif"), tiff).unwrap();
    let document = scan(work.path().join("pages.tif"));
    assert_eq!(document["asset"]["media"]["pictures"], 2, "{document:#}");
    assert!(document["text"].as_str().unwrap().contains("the first of 2 pictures"));
}

//! Several tracks, no times, joined streams, frames that are held.

use std::path::Path;

use serde_json::Value;
use veritag_tests::{run, veritag};

use super::{desk, ffmpeg, scan, workshop};

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

fn join(directory: &Path, parts: &[&str], name: &str) {
    let bytes: Vec<u8> = parts.iter().flat_map(|part| std::fs::read(directory.join(part)).unwrap()).collect();
    std::fs::write(directory.join(name), bytes).unwrap();
}

#[test]
fn what_players_show_is_judged_and_of_several_tracks_the_worst() {
    let work = workshop("0.4");
    ffmpeg(work.path(), "-i still.jpg -i fake.mp4 -map 0 -map 1 -c:v:0 mjpeg -c:v:1 copy still-first.mkv");
    ffmpeg(
        work.path(),
        "-f lavfi -i color=s=160x120:d=2 -i fake.mp4 -map 0 -map 1 -c:v libx264 -disposition:v:0 0 -disposition:v:1 default second.mkv",
    );
    ffmpeg(
        work.path(),
        "-i face.mp4 -i fake.mp4 -map 0 -map 1 -c copy -disposition:v:0 default -disposition:v:1 default both.mp4",
    );
    let [alone, second, still_first, both] =
        scan(&work, "1", ["fake.mp4", "second.mkv", "still-first.mkv", "both.mp4"]);
    assert_eq!(alone["asset"]["media"].get("track"), None);
    for document in [still_first, both] {
        assert_eq!(document["score"], alone["score"], "{document:#}");
        assert_eq!(
            (&document["asset"]["media"]["track"], &document["asset"]["media"]["tracks"]),
            (&1.into(), &2.into())
        );
    }
    assert!(second["score"].is_number());
}

#[test]
fn streams_without_times_or_that_start_late_are_looked_at_over_their_whole_length() {
    let work = desk();
    ffmpeg(work.path(), "-f lavfi -i testsrc=s=160x120:d=2:r=25 -pix_fmt yuv420p -c:v libx264 -g 12 test.mp4");
    ffmpeg(work.path(), "-i test.mp4 -c:v libx264 -bf 3 -g 12 test.h264");
    ffmpeg(work.path(), "-i test.mp4 -c:v libx264 -bf 3 -g 12 -f matroska -live 1 piped.mkv");
    ffmpeg(work.path(), "-i test.mp4 -c copy -output_ts_offset 10 late.mkv");
    let [raw, piped, late] = scan(&work, "4", ["test.h264", "piped.mkv", "late.mkv"]);
    for document in [&raw, &piped] {
        assert_eq!(document["asset"]["media"]["duration_us"], 2_000_000, "{document:#}");
    }
    [raw, piped, late].iter().for_each(|document| covers(document, 2, (0.0, 2.0)));
}

#[test]
fn joined_streams_follow_one_another() {
    let work = workshop("2");
    ffmpeg(work.path(), "-i face.mp4 -c copy face.ts");
    ffmpeg(work.path(), "-f lavfi -i color=s=320x240:d=2:r=25 -c:v libx264 grey.ts");
    join(work.path(), &["grey.ts", "face.ts"], "joined.ts");
    let [document] = scan(&work, "4", ["joined.ts"]);
    assert_eq!(document["asset"]["media"]["duration_us"], 4_000_000);
    covers(&document, 4, (0.0, 4.0));
    let faces = |nth: usize| document["windows"][nth]["faces"].as_array().unwrap().len();
    assert_eq!([0, 1, 2, 3].map(faces), [0, 0, 1, 1]);
}

#[test]
fn a_small_part_before_a_large_one_does_not_shrink_it() {
    let work = workshop("2");
    ffmpeg(work.path(), "-i face.mp4 -c copy face.ts");
    ffmpeg(work.path(), "-f lavfi -i color=s=48x32:d=0.4:r=25 -c:v libx264 tiny.ts");
    for (name, size) in [("upright", "90x120"), ("wide", "160x120")] {
        ffmpeg(work.path(), &format!("-f lavfi -i testsrc=s={size}:d=2:r=25 -pix_fmt yuv420p -c:v libx264 {name}.ts"));
    }
    join(work.path(), &["tiny.ts", "face.ts"], "grows.ts");
    join(work.path(), &["tiny.ts", "upright.ts", "wide.ts"], "turns.ts");
    let [document, turns] = scan(&work, "4", ["grows.ts", "turns.ts"]);
    for window in document["windows"].as_array().unwrap() {
        assert_eq!((&window["width"], &window["height"]), (&640.into(), &480.into()), "{document:#}");
        assert_eq!(window["faces"].as_array().unwrap().len(), 1, "{document:#}");
    }
    let sizes: Vec<_> = turns["windows"].as_array().unwrap().iter().map(|window| &window["width"]).collect();
    assert!(sizes.contains(&&90.into()) && sizes.contains(&&160.into()), "{sizes:?}");
}

#[test]
fn each_of_several_joined_files_is_judged_and_the_worst_reported() {
    let work = workshop("0.4");
    ffmpeg(work.path(), "-f lavfi -i color=s=64x48:d=0.4:r=25 -c:v libx264 grey.mp4");
    let ends = ["mkv", "flv", "avi", "mp4", "ogv"];
    for end in ends {
        let codec = if end == "ogv" { "libtheora -q:v 9" } else { "copy" };
        for name in ["grey", "fake"] {
            ffmpeg(work.path(), &format!("-i {name}.mp4 -c:v {codec} part-{name}.{end}"));
        }
        let [grey, fake] = ["grey", "fake"].map(|name| format!("part-{name}.{end}"));
        join(work.path(), &[&grey, &fake, &grey], &format!("joined.{end}"));
    }
    let alone = scan(&work, "1", ends.map(|end| format!("part-fake.{end}")));
    let joined = scan(&work, "1", ends.map(|end| format!("joined.{end}")));
    for ((end, alone), document) in ends.into_iter().zip(alone).zip(joined) {
        assert!(alone["score"].is_number() && alone["asset"]["media"].get("recordings").is_none(), "{alone:#}");
        let media = &document["asset"]["media"];
        assert_eq!((&media["recording"], &media["recordings"]), (&2.into(), &3.into()), "{end}: {document:#}");
        assert_eq!((&document["score"], &document["windows"]), (&alone["score"], &alone["windows"]), "{end}");
        assert!(document["text"].as_str().unwrap().contains("recording 2 of 3"), "{document:#}");
    }
    let (asset, maps) = (work.path().join("joined.mkv"), work.path().join("maps"));
    let explained = run(veritag().args(["explain", "--all", "--windows", "1", "--out"]).arg(maps).arg(asset));
    assert!(explained.status.success(), "{}", String::from_utf8_lossy(&explained.stderr));
}

#[test]
fn a_frame_that_is_held_is_looked_at_as_long_as_it_is_shown() {
    let work = desk();
    let held = "-i still.jpg -f lavfi -i color=s=512x512:d=2:r=25 -filter_complex \
        [0]format=yuv420p,setsar=1[a];[1]format=yuv420p[b];[a][b]concat,settb=1/1000,setpts=gt(N\\,0)*18000+N*40 \
        -fps_mode passthrough -enc_time_base 1:1000 -c:v libx264 held.mkv";
    ffmpeg(work.path(), held);
    let [document] = scan(&work, "2", ["held.mkv"]);
    assert!(document["windows"][0]["faces"].as_array().is_some_and(|faces| !faces.is_empty()), "{document:#}");
    let starts = starts(&document);
    assert!(starts.windows(2).all(|pair| pair[0] < pair[1]), "{starts:?}");
}

//! Where the packets of a stream are, for files that do not say it or cannot be believed: recordings of browsers, raw
//! streams, transport streams that were joined.

use super::{error::MediaError, joined::Bytes, limits::Limits, source};
use crate::tools::{Running, Tools};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::Command,
    time::Instant,
};

/// Streams without times of their own.
const RAW: [&str; 7] = ["h264", "hevc", "mpegvideo", "m4v", "mjpeg", "av1", "obu"];
/// Streams with times, which can be read from any byte.
const TRANSPORT: [&str; 2] = ["mpegts", "mpeg"];
/// Times of decoding that go back, or forward by more, begin anew: ffmpeg thinks the same of the latter. Times of
/// presentation may go back a little.
const BACK_US: i64 = 500_000;
const FORWARD_US: i64 = 10_000_000;
/// The least between two anchors.
const APART_US: u64 = 400_000;
const USUAL_LENGTH_US: i64 = 40_000;

/// A stream's packets on one line of time, on which it neither stops nor goes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Where the last frame ends, in µs from the beginning.
    pub end_us: u64,
    /// Where to enter the file, in order of time; none where its container must be asked.
    anchors: Vec<Anchor>,
}

/// A key frame from which a stream can be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// On the line of time.
    pub us: u64,
    /// In the stream's own time; 0 where it has none.
    pub own_us: i64,
    /// The byte from which to read.
    pub from: u64,
}

#[derive(Debug, Default)]
struct Packet {
    pts: Option<i64>,
    dts: Option<i64>,
    length: Option<i64>,
    pos: Option<u64>,
    key: bool,
}

impl Timeline {
    /// The last anchor at or before `us`.
    pub fn anchor(&self, us: u64) -> Option<&Anchor> {
        let after = self.anchors.partition_point(|anchor| anchor.us <= us);
        self.anchors.get(after.saturating_sub(1))
    }

    /// The first anchor after `us`.
    pub fn next_anchor(&self, us: u64) -> Option<&Anchor> {
        self.anchors.get(self.anchors.partition_point(|anchor| anchor.us <= us))
    }
}

/// Whether such a file has no times of its own.
pub fn is_raw(format: &str) -> bool {
    RAW.contains(&format)
}

/// Whether what such a file says of its length is not to be relied on.
pub fn needs_measuring(format: &str) -> bool {
    is_raw(format) || TRANSPORT.contains(&format)
}

/// Reads all packets of a stream, decoding none, up to the deadline; `begin_us` is where it begins in the file. None
/// where there are no packets.
///
/// # Errors
/// Those of opening the file, and of a program that does not start.
pub fn measure(
    tools: &Tools,
    limits: &Limits,
    path: &Path,
    (format, bytes, stream, begin_us): (&str, Bytes, u32, u64),
    deadline: Instant,
) -> Result<Option<Timeline>, MediaError> {
    let mut command = Command::new(&tools.ffprobe);
    source::read_from(&mut command, source::open(path, limits)?, limits)
        .args(["-of", "compact=p=0", "-select_streams", &stream.to_string()])
        .args(["-show_entries", "packet=pts_time,dts_time,duration_time,pos,flags", &source::input(bytes)]);
    let mut output = BufReader::new(Running::start(&mut command, deadline)?);
    let mut line = String::new();
    let mut measuring = Measuring::new(format, begin_us);
    while output.read_line(&mut line).is_ok_and(|count| count > 0) {
        // Side data leave empty lines.
        if line.starts_with("pts_time=") {
            measuring.add(&packet(&line));
        }
        line.clear();
    }
    Ok(Some(measuring.timeline).filter(|timeline| timeline.end_us > begin_us))
}

/// Reads `pts_time=1.48|dts_time=1.40|duration_time=0.04|pos=564|flags=K_`.
fn packet(line: &str) -> Packet {
    let mut packet = Packet::default();
    for (name, value) in line.trim().split('|').filter_map(|field| field.split_once('=')) {
        let us = || value.parse::<f64>().ok().map(|seconds| (seconds * 1e6).round() as i64);
        match name {
            "pts_time" => packet.pts = us(),
            "dts_time" => packet.dts = us(),
            "duration_time" => packet.length = us(),
            "pos" => packet.pos = value.parse().ok(),
            "flags" => packet.key = value.starts_with('K'),
            _ => {}
        }
    }
    packet
}

struct Measuring {
    timeline: Timeline,
    raw: bool,
    enterable: bool,
    /// What is added to the stream's own times.
    shift: Option<i64>,
    /// Time has begun anew, and there has been no anchor since.
    anew: bool,
    latest_dts: i64,
    latest_pos: u64,
    /// Where reading begins for the next anchor: MPEG streams need their tables, which come a little before a key frame.
    from: u64,
}

impl Measuring {
    fn new(format: &str, begin_us: u64) -> Self {
        let (raw, enterable) = (is_raw(format), needs_measuring(format));
        let timeline = Timeline { end_us: begin_us, anchors: Vec::new() };
        Self { timeline, raw, enterable, shift: None, anew: false, latest_dts: 0, latest_pos: 0, from: 0 }
    }

    fn add(&mut self, packet: &Packet) {
        let end = self.timeline.end_us as i64;
        let (own, dts) = match (packet.pts, packet.dts) {
            (pts, dts) if !self.raw && pts.or(dts).is_some() => {
                let decoded = dts.or(pts).unwrap_or_default();
                (pts.unwrap_or(decoded), decoded)
            }
            _ => (end - self.shift.unwrap_or(end), end - self.shift.unwrap_or(end)),
        };
        let step = dts.saturating_sub(self.latest_dts);
        let back = if packet.dts.is_some() { 0 } else { BACK_US };
        let breaks = self.enterable && !(-back..=FORWARD_US).contains(&step);
        if self.shift.is_none() || breaks {
            self.shift = Some(end.saturating_sub(own));
            self.anew = true;
            self.from = if self.latest_pos > 0 { self.latest_pos + 1 } else { 0 };
        }
        self.latest_dts = dts;
        self.latest_pos = packet.pos.unwrap_or(self.latest_pos);
        let us = own.saturating_add(self.shift.unwrap_or(0)).max(0) as u64;
        self.anchor(packet, us, own);
        let length = packet.length.unwrap_or(USUAL_LENGTH_US).clamp(0, 3_600_000_000) as u64;
        self.timeline.end_us = self.timeline.end_us.max(us.saturating_add(length));
    }

    fn anchor(&mut self, packet: &Packet, us: u64, own_us: i64) {
        let last = self.timeline.anchors.last().map(|anchor| anchor.us);
        let near = last.is_some_and(|last| us < last.saturating_add(APART_US)) && !self.anew;
        if !packet.key || !self.enterable || near {
            return;
        }
        self.anew = false;
        let anchor = match self.raw {
            true => Anchor { us, own_us: 0, from: self.latest_pos },
            false => Anchor { us, own_us, from: self.from },
        };
        self.timeline.anchors.push(anchor);
        self.from = self.latest_pos;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(format: &str, lines: &[&str]) -> Timeline {
        let mut measuring = Measuring::new(format, 0);
        lines.iter().for_each(|line| measuring.add(&packet(line)));
        measuring.timeline
    }

    #[test]
    fn joined_streams_follow_one_another() {
        let part = [
            "pts_time=1.48|dts_time=1.40|duration_time=0.04|pos=564|flags=K_",
            "pts_time=2.44|dts_time=2.44|duration_time=0.04|pos=9000|flags=__",
        ];
        let later = ["pts_time=1.48|dts_time=1.40|duration_time=0.04|pos=10000|flags=K_"];
        let short = ["pts_time=1.38|dts_time=1.30|duration_time=0.04|pos=20000|flags=K_"];
        let timeline = measured("mpegts", &[&part[..], &later, &short].concat());
        assert_eq!(timeline.end_us, 1_080_000);
        let anchor = |us, own_us, from| Anchor { us, own_us, from };
        let (first, second) = (anchor(0, 1_480_000, 0), anchor(1_000_000, 1_480_000, 9001));
        let anchors = [first, second, anchor(1_040_000, 1_380_000, 10_001)];
        assert_eq!(timeline.anchors, anchors);
        assert_eq!((timeline.anchor(999_999), timeline.next_anchor(0)), (Some(&anchors[0]), Some(&anchors[1])));
    }

    #[test]
    fn raw_streams_are_as_long_as_their_frames() {
        let frame = "pts_time=N/A|dts_time=N/A|duration_time=0.040000|pos=0|flags=K_";
        let timeline = measured("h264", &[frame; 50]);
        assert_eq!((timeline.end_us, timeline.anchors.len()), (2_000_000, 5));
    }

    #[test]
    fn frames_in_order_of_decoding_end_with_the_latest() {
        let lines = [
            "pts_time=0|dts_time=N/A|duration_time=0.04|flags=K_",
            "pts_time=0.16|duration_time=0.04|flags=__",
            "pts_time=0.08|duration_time=0.04|flags=__",
        ];
        let timeline = measured("matroska,webm", &lines);
        assert_eq!((timeline.end_us, timeline.anchors), (200_000, vec![]));
    }
}

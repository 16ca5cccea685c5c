//! What a file is, before any of it is analysed.

use super::{
    duration,
    error::MediaError,
    limits::Limits,
    probe_json::{Item, Report, Stream, seconds_us},
    source,
};
use crate::tools::{INPUT, Running, ToolError, Tools};
use std::{path::Path, process::Command, time::Instant};

const MAX_JSON: u64 = 4 << 20;
/// Formats and ISO brands that may hold a single picture.
const STILL: [&str; 7] = ["gif", "apng", "avif", "heic", "heix", "mif1", "miaf"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Image,
    /// Also an animated GIF, WebP or PNG.
    Video,
}

/// What ffprobe says; what it does not know is `None`, and none of it is to be trusted for a bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    pub kind: Kind,
    /// ffprobe's name, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub format: String,
    pub codec: Option<String>,
    /// As displayed: turned, with square pixels.
    pub width: u32,
    /// As displayed: turned, with square pixels.
    pub height: u32,
    /// Clockwise turn from the stored frame to the displayed one, in degrees, 0 to 359.
    pub rotation: u16,
    /// Of the video stream if known, else of the file, else by its last packet. None for an image.
    pub duration_us: Option<u64>,
    /// Average, in frames per second. None for an image.
    pub frame_rate: Option<f64>,
    pub pix_fmt: Option<String>,
    /// The transfer function is one of high dynamic range (PQ or HLG): its ffmpeg name.
    pub hdr: Option<String>,
    /// Pixels in one stored frame.
    pub coded_pixels: u64,
    /// Index of the stream among all of the file's.
    pub stream: u32,
}

/// Why a report is of no use.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    NotJson(String),
    NoVideo,
    /// ffprobe could not decode a first frame: it knows no size.
    NoSize {
        codec: Option<String>,
    },
}

/// Asks ffprobe, which decodes two frames at most.
///
/// # Errors
/// Any `media-*` code: the file is checked against `limits` here, before and after. `ffmpeg-timeout` at
/// the deadline, `ffmpeg-unusable` when ffprobe does not start.
pub fn probe(tools: &Tools, limits: &Limits, path: &Path, deadline: Instant) -> Result<Probe, MediaError> {
    let file = source::open(path, limits)?;
    let mut command = Command::new(&tools.ffprobe);
    source::read_from(&mut command, file, limits)
        .args(["-of", "json=compact=1", "-select_streams", "v", "-read_intervals", "%+#2"])
        .args(["-show_format", "-show_streams", "-show_packets", "-show_frames", INPUT]);
    let ended = Running::start(&mut command, deadline)?.capture(MAX_JSON)?;
    if !ended.status.success() {
        return Err(unopened(path, limits, &ended.stderr));
    }
    let mut probe = Probe::parse(&ended.stdout).map_err(|r| refused(path, limits, r, &ended.stderr))?;
    limits.check_pixels(path, probe.coded_pixels, (probe.width, probe.height))?;
    if probe.kind == Kind::Video && probe.duration_us.is_none() {
        probe.duration_us = match duration::measure(tools, limits, path, probe.stream, deadline) {
            Err(MediaError::Tool(ToolError::Timeout { .. } | ToolError::Failed { .. })) => None,
            measured => measured?,
        };
    }
    Ok(probe)
}

/// A lone complaint means that no format recognised the file; a format that did says more.
fn unopened(path: &Path, limits: &Limits, stderr: &str) -> MediaError {
    if stderr.lines().count() == 1 && stderr.contains("Invalid data found") {
        let why = "its content is no known video or picture format".into();
        return MediaError::Unsupported { path: path.into(), why };
    }
    source::blame_file(path, limits, stderr, "ffprobe cannot open it")
}

fn refused(path: &Path, limits: &Limits, refusal: Refusal, stderr: &str) -> MediaError {
    let path_buf = path.to_path_buf();
    match refusal {
        Refusal::NotJson(why) => ToolError::Failed { program: "ffprobe".into(), why }.into(),
        Refusal::NoVideo => MediaError::NoVideo(path_buf),
        Refusal::NoSize { codec } if codec.as_deref() == Some("webp") && stderr.contains("data not found") => {
            let why = "this ffmpeg cannot decode animated WebP; save it as MP4, WebM or GIF".into();
            MediaError::Unsupported { path: path_buf, why }
        }
        Refusal::NoSize { .. } => source::blame_file(path, limits, stderr, "no frame of it can be decoded"),
    }
}

impl Probe {
    fn parse(json: &[u8]) -> Result<Self, Refusal> {
        let report: Report = serde_json::from_slice(json).map_err(|e| Refusal::NotJson(e.to_string()))?;
        let stream = report.streams.iter().find(|s| s.is_content()).ok_or(Refusal::NoVideo)?;
        if stream.width == 0 || stream.height == 0 {
            return Err(Refusal::NoSize { codec: stream.codec_name.clone() });
        }
        Ok(Self::of(&report, stream))
    }

    fn of(report: &Report, stream: &Stream) -> Self {
        let kind = kind(report, stream);
        let rotation = rotation(report, stream);
        let (width, height) = displayed(stream, rotation);
        let container_us = || report.format.duration.as_deref().and_then(seconds_us);
        let video = kind == Kind::Video;
        Self {
            kind,
            format: report.format.format_name.clone(),
            codec: stream.codec_name.clone(),
            width,
            height,
            rotation,
            duration_us: stream.duration_us().or_else(container_us).filter(|_| video),
            frame_rate: stream.frame_rate().filter(|_| video),
            pix_fmt: stream.pix_fmt.clone(),
            hdr: stream.color_transfer.clone().filter(|t| ["smpte2084", "arib-std-b67"].contains(&t.as_str())),
            coded_pixels: u64::from(stream.width) * u64::from(stream.height),
            stream: stream.index,
        }
    }

    /// The pixel format carries transparency, or may (a palette).
    pub fn has_alpha(&self) -> bool {
        let alpha = ["rgba", "bgra", "argb", "abgr", "yuva", "gbrap", "ya8", "ya16", "pal8"];
        self.pix_fmt.as_deref().is_some_and(|name| alpha.iter().any(|a| name.starts_with(a)))
    }
}

fn kind(report: &Report, stream: &Stream) -> Kind {
    let format = &report.format;
    let brand = format.tags.get("major_brand").map_or("", String::as_str);
    let may_be_still = STILL.contains(&format.format_name.as_str()) || STILL.contains(&brand);
    let packets = own_items(report, stream).filter(|item| item.kind == "packet").count();
    match format.format_name.ends_with("_pipe") || (may_be_still && packets < 2) {
        true => Kind::Image,
        false => Kind::Video,
    }
}

/// The frame's own word (a photo's EXIF) before the container's (a video's display matrix).
fn rotation(report: &Report, stream: &Stream) -> u16 {
    let of_frames = own_items(report, stream).flat_map(|item| &item.side_data_list);
    let anticlockwise = of_frames.chain(&stream.side_data_list).find_map(|data| data.rotation);
    (-anticlockwise.unwrap_or(0.0)).round().rem_euclid(360.0) as u16
}

fn own_items<'a>(report: &'a Report, stream: &Stream) -> impl Iterator<Item = &'a Item> {
    let index = stream.index;
    report.packets_and_frames.iter().filter(move |item| item.stream_index == index)
}

fn displayed(stream: &Stream, rotation: u16) -> (u32, u32) {
    let width = (f64::from(stream.width) * stream.pixel_aspect()).round().max(1.0) as u32;
    match rotation {
        45..135 | 225..315 => (stream.height, width),
        _ => (width, stream.height),
    }
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;

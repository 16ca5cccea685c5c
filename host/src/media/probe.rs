//! What a file is, before any of it is analysed.

use super::{
    error::MediaError,
    joined::Bytes,
    limits::Limits,
    probe_json::{Item, Report, Stream, seconds_us, time_us},
    signature, source,
    timeline::{self, Timeline},
};
use crate::tools::{Running, ToolError, Tools};
use std::{path::Path, process::Command, time::Instant};

const MAX_JSON: u64 = 4 << 20;
const MATROSKA: &str = "matroska,webm";
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
    /// Clockwise turn from the stored frame to the displayed one that ffmpeg makes by itself, in degrees, 0 to 359.
    pub rotation: Option<u16>,
    /// How to turn the frame that ffmpeg gives, as EXIF counts it, 1 to 8: 1 is upright.
    pub orientation: u8,
    /// Where the first frame is, in µs from the beginning of the file.
    pub start_us: u64,
    /// Where the last frame ends, if known: by the stream, else the file, else by its packets. None for an image.
    pub duration_us: Option<u64>,
    /// Average, in frames per second. None for an image.
    pub frame_rate: Option<f64>,
    pub pix_fmt: Option<String>,
    /// The transfer function is one of high dynamic range (PQ or HLG): its ffmpeg name.
    pub hdr: Option<String>,
    /// Pixels in one stored frame.
    pub coded_pixels: u64,
    /// Where it lies in a file that others were joined to.
    pub bytes: Bytes,
    /// Which of the files that were joined to one it is, from 1.
    pub recording: u32,
    /// How many files were joined to one: usually it is one.
    pub recordings: u32,
    /// Index of the stream among all of the file's.
    pub stream: u32,
    /// Index of the stream among the file's video streams.
    pub video: u32,
    /// Moving or still pictures in the file that could each be its content.
    pub tracks: u32,
    /// A picture that is coarse until all of it is there.
    pub progressive: bool,
    /// Pages of a file of pictures, of which this is the first.
    pub pictures: u32,
    /// Where the packets are, once they have been read.
    pub timeline: Option<Timeline>,
}

/// Why a report is of no use.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    NoVideo,
    /// ffprobe could not decode a first frame: it knows no size.
    NoSize {
        codec: Option<String>,
    },
}

/// What ffprobe says of the video streams that `streams` selects (its stream specifier) in some `bytes` of the file: it
/// decodes two frames at most.
///
/// # Errors
/// Any `media-*` code. `ffmpeg-timeout` at the deadline, `ffmpeg-unusable` when ffprobe does not start.
pub fn report(
    tools: &Tools,
    limits: &Limits,
    path: &Path,
    (bytes, streams): (Bytes, &str),
    deadline: Instant,
) -> Result<(Report, String), MediaError> {
    let mut command = Command::new(&tools.ffprobe);
    source::read_from(&mut command, source::open(path, limits)?, limits)
        .args(["-of", "json=compact=1", "-select_streams", streams, "-read_intervals", "%+#2"])
        .args(["-show_format", "-show_streams", "-show_packets", "-show_frames", &source::input(bytes)]);
    let ended = Running::start(&mut command, deadline)?.capture(MAX_JSON)?;
    if !ended.status.success() {
        return Err(unopened(tools, limits, path, &ended.stderr));
    }
    let report = serde_json::from_slice(&ended.stdout)
        .map_err(|error| ToolError::Failed { program: "ffprobe".into(), why: error.to_string() })?;
    Ok((report, ended.stderr))
}

/// A lone complaint means that no format recognised the file; a format that did says more.
fn unopened(tools: &Tools, limits: &Limits, path: &Path, stderr: &str) -> MediaError {
    let unsupported = |why| MediaError::Unsupported { path: path.into(), why };
    if source::open(path, limits).is_ok_and(signature::is_heic) {
        return unsupported(format!(
            "ffmpeg {} cannot read HEIC; install ffmpeg 7 or newer, or convert it to JPEG (Debian: apt install \
             libheif-examples, then heif-convert)",
            tools.version
        ));
    }
    if stderr.lines().count() == 1 && stderr.contains("Invalid data found") {
        return unsupported("its content is no known video or picture format".into());
    }
    source::blame_file(path, limits, stderr, "ffprobe cannot open it")
}

/// What it means for the file that a stream is of no use.
pub fn refused(path: &Path, limits: &Limits, refusal: Refusal, stderr: &str) -> MediaError {
    let path_buf = path.to_path_buf();
    match refusal {
        Refusal::NoVideo => MediaError::NoVideo(path_buf),
        Refusal::NoSize { codec } if codec.as_deref() == Some("webp") && stderr.contains("data not found") => {
            let why = "this ffmpeg cannot decode animated WebP; save it as MP4, WebM or GIF".into();
            MediaError::Unsupported { path: path_buf, why }
        }
        Refusal::NoSize { .. } => source::blame_file(path, limits, stderr, "no frame of it can be decoded"),
    }
}

impl Probe {
    /// What a report says of one of its streams.
    pub fn of(report: &Report, stream: &Stream) -> Result<Self, Refusal> {
        if stream.width == 0 || stream.height == 0 {
            return Err(Refusal::NoSize { codec: stream.codec_name.clone() });
        }
        let kind = kind(report, stream);
        let rotation = rotation(report, stream);
        let video = kind == Kind::Video;
        let (width, height) = displayed(stream, rotation.unwrap_or(0));
        Ok(Self {
            kind,
            format: report.format.format_name.clone(),
            codec: stream.codec_name.clone(),
            width,
            height,
            rotation,
            orientation: 1,
            start_us: start_us(report, stream).filter(|_| video).unwrap_or(0),
            duration_us: end_us(report, stream).filter(|_| video),
            frame_rate: stream.frame_rate().filter(|_| video),
            pix_fmt: stream.pix_fmt.clone(),
            hdr: stream.color_transfer.clone().filter(|t| ["smpte2084", "arib-std-b67"].contains(&t.as_str())),
            coded_pixels: u64::from(stream.width) * u64::from(stream.height),
            bytes: (0, 0),
            recording: 1,
            recordings: 1,
            stream: stream.index,
            video: 0,
            progressive: false,
            pictures: 1,
            tracks: 1,
            timeline: None,
        })
    }

    /// Displays it as the file itself says, where ffmpeg does not heed that.
    pub fn orient(&mut self, orientation: u8) {
        if self.kind == Kind::Video || self.rotation.is_some() {
            return;
        }
        self.orientation = orientation;
        if orientation >= 5 {
            (self.width, self.height) = (self.height, self.width);
        }
    }

    /// ffmpeg makes rows of the stored frame's columns.
    pub fn is_sideways(&self) -> bool {
        self.rotation.is_some_and(is_sideways)
    }

    /// Reads all of its packets, and takes their times for its own; what its container claims beyond stays claimed.
    /// True if that told anything.
    ///
    /// # Errors
    /// As [`timeline::measure`].
    pub fn measure(
        &mut self,
        tools: &Tools,
        limits: &Limits,
        path: &Path,
        deadline: Instant,
    ) -> Result<bool, MediaError> {
        let about = (self.format.as_str(), self.bytes, self.stream, self.start_us);
        let measured = timeline::measure(tools, limits, path, about, deadline)?;
        let in_time = measured.is_some() && Instant::now() < deadline;
        let claimed = self.duration_us.filter(|_| !in_time || !timeline::needs_measuring(&self.format));
        self.duration_us = measured.as_ref().map(|measured| measured.end_us).max(claimed);
        self.timeline = measured;
        Ok(self.timeline.is_some())
    }

    /// Where there are frames, as far as is known, in µs from the beginning of the file.
    pub fn extent_us(&self) -> (u64, Option<u64>) {
        (self.start_us, self.timeline.as_ref().map(|timeline| timeline.end_us).or(self.duration_us))
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

/// The frame's own word (a photo's EXIF) before the container's (a video's display matrix); none if neither says any.
fn rotation(report: &Report, stream: &Stream) -> Option<u16> {
    let of_frames = own_items(report, stream).flat_map(|item| &item.side_data_list);
    let anticlockwise = of_frames.chain(&stream.side_data_list).find_map(|data| data.rotation)?;
    Some((-anticlockwise).round().rem_euclid(360.0) as u16)
}

/// Where the stream begins, from the beginning of the file.
fn start_us(report: &Report, stream: &Stream) -> Option<u64> {
    let first = |text: &Option<String>| text.as_deref().and_then(time_us).unwrap_or(0);
    u64::try_from(first(&stream.start_time) - first(&report.format.start_time)).ok()
}

/// Where the stream ends, from the beginning of the file. Matroska counts from zero, whatever the first time is.
fn end_us(report: &Report, stream: &Stream) -> Option<u64> {
    let of_file = report.format.duration.as_deref().and_then(seconds_us);
    let start = start_us(report, stream).unwrap_or(0);
    if report.format.format_name != MATROSKA {
        return stream.duration_us().map(|length| start + length).or(of_file);
    }
    let first = report.format.start_time.as_deref().and_then(time_us).and_then(|us| u64::try_from(us).ok());
    let end = stream.duration_us().or(of_file)?;
    Some(end.checked_sub(first.unwrap_or(0)).filter(|end| *end > start).unwrap_or(end))
}

fn own_items<'a>(report: &'a Report, stream: &Stream) -> impl Iterator<Item = &'a Item> {
    let index = stream.index;
    report.packets_and_frames.iter().filter(move |item| item.stream_index == index)
}

fn displayed(stream: &Stream, rotation: u16) -> (u32, u32) {
    let width = (f64::from(stream.width) * stream.pixel_aspect()).round().max(1.0) as u32;
    if is_sideways(rotation) { (stream.height, width) } else { (width, stream.height) }
}

fn is_sideways(rotation: u16) -> bool {
    matches!(rotation, 45..135 | 225..315)
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;

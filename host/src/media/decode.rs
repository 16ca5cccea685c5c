//! Decodes the frames of one window.

use super::{
    error::MediaError,
    limits::Limits,
    nut::{Next, Nut},
    picture,
    probe::{Kind, Probe},
    source,
    timeline::{self, Anchor},
};
use crate::tools::{Ended, Running, ToolError, Tools, last_line};
use ffmpeg_sidecar::command::FfmpegCommand;
use std::{fs::File, io, path::Path, time::Instant};

const LONG_GROUP_US: u64 = 12_000_000;
/// A frame shown for longer than this, and than three of its neighbours, is held.
const HELD_US: u64 = 500_000;
/// Frames per second at which a held frame is looked at.
const USUAL_RATE: f64 = 25.0;
/// The part of a picture below which damage is let pass.
const MAX_MISSING: f64 = 0.25;
/// Parts of different sizes of a window that are tried.
const MAX_PARTS: usize = 8;
/// Below each frame of a video, for [`Nut::new`].
const SPARE_ROWS: u32 = 1;
/// What ffmpeg leaves where nothing was decoded: zeros, in colour (YUV) and in grey.
const UNWRITTEN: [[u8; 3]; 2] = [[0, 135, 0], [0, 0, 0]];

/// Which frames, and how large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From the beginning of the file, in µs.
    pub start_us: u64,
    /// At most this many consecutive frames, at least 1.
    pub frames: u32,
    /// Longest side of a decoded frame; smaller ones are not enlarged.
    pub max_side: u32,
}

/// Consecutive frames of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frames {
    pub width: u32,
    pub height: u32,
    /// Presentation times from the beginning of the file, in µs; never going back.
    pub pts_us: Vec<u64>,
    /// Frame after frame, `height` rows of `width` rgb24 triples.
    pub pixels: Vec<u8>,
}

/// Frames up to where the stream changes its size, if it does, in µs from the beginning of the file.
struct Part {
    frames: Frames,
    resized_us: Option<u64>,
}

/// How a window is cut out of its stream.
#[derive(Clone, Copy)]
struct Cut<'a> {
    /// Where to enter the file; without it, its container is asked.
    anchor: Option<&'a Anchor>,
    /// At a constant rate, as players show them: a frame is repeated until the next one.
    steady: bool,
}

/// Decodes at least one frame, and fewer than asked for where the file ends or breaks.
///
/// Frames are turned as they are displayed, with square pixels; transparency becomes black; high dynamic
/// range is tone-mapped where ffmpeg was built with libzimg. A frame that stays on the screen is repeated
/// at a constant rate. Where the stream changes its size within the window, it is the longest part of one
/// size. The child sees only this file.
///
/// # Errors
/// `media-undecodable` when there is no frame at or after the start, or most of a picture is missing;
/// `ffmpeg-timeout` at the deadline, `media-*` when the file is no longer what was probed,
/// `ffmpeg-failed` when ffmpeg rejects our options.
pub fn window(
    tools: &Tools,
    limits: &Limits,
    path: &Path,
    probe: &Probe,
    span: &Span,
    deadline: Instant,
) -> Result<Frames, MediaError> {
    let (mut span, mut longest) = (*span, None::<Frames>);
    for _ in 0..MAX_PARTS {
        let part = match part(tools, limits, path, probe, &span, deadline) {
            Ok(part) => part,
            Err(error) => return longest.ok_or(error),
        };
        let (count, last) = (part.frames.pts_us.len(), part.frames.pts_us.last().copied().unwrap_or(0));
        // In a stream that was joined, time has begun anew there; ffmpeg does not let it go back.
        let after_join = || Some(probe.timeline.as_ref()?.next_anchor(last)?.us);
        let next = part.resized_us.and_then(|at| if at > last + 1 { Some(at) } else { after_join() });
        span.frames = span.frames.saturating_sub(count as u32);
        if longest.as_ref().is_none_or(|longest| worth(longest) < worth(&part.frames)) {
            longest = Some(part.frames);
        }
        let enough = longest.as_ref().is_some_and(|longest| longest.pts_us.len() > span.frames as usize);
        match next.filter(|_| !enough) {
            Some(at) => span.start_us = at,
            None => break,
        }
    }
    Ok(longest.expect("a part has frames"))
}

/// More frames are better, then larger ones.
fn worth(frames: &Frames) -> (usize, u64) {
    (frames.pts_us.len(), u64::from(frames.width) * u64::from(frames.height))
}

fn part(
    tools: &Tools,
    limits: &Limits,
    path: &Path,
    probe: &Probe,
    span: &Span,
    deadline: Instant,
) -> Result<Part, MediaError> {
    let cut = |anchor, steady| cut_out(tools, limits, path, probe, span, Cut { anchor, steady }, deadline);
    let timeline = probe.timeline.as_ref();
    let anchor = timeline.and_then(|timeline| timeline.anchor(span.start_us));
    let straight = cut(anchor, false);
    match &straight {
        _ if probe.kind == Kind::Image => straight,
        Ok(part) if is_held(part, span) => cut(anchor, true).or(straight),
        Err(MediaError::Undecodable { .. }) => {
            // Raw streams may have their headers at the beginning only.
            let first = timeline.and_then(|timeline| timeline.anchor(0)).filter(|first| first.own_us == 0);
            cut(anchor, true).or_else(|error| if first.is_some() { cut(first, false) } else { Err(error) }).or(straight)
        }
        _ => straight,
    }
}

/// Some frame stays on the screen for much longer than the others, or stood there at the start.
fn is_held(part: &Part, span: &Span) -> bool {
    let times: Vec<u64> = part.frames.pts_us.iter().copied().chain(part.resized_us).collect();
    let from_start = times.first().map(|first| first.saturating_sub(span.start_us));
    let mut steps: Vec<u64> = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    steps.sort_unstable();
    let longest = steps.last().copied().max(from_start).unwrap_or(0);
    longest > HELD_US.max(3 * steps.get(steps.len() / 2).copied().unwrap_or(0))
}

fn cut_out(
    tools: &Tools,
    limits: &Limits,
    path: &Path,
    probe: &Probe,
    span: &Span,
    cut: Cut,
    deadline: Instant,
) -> Result<Part, MediaError> {
    let mut command = command(tools, limits, source::open(path, limits)?, probe, span, cut);
    let running = Running::start(command.as_inner_mut(), deadline)?;
    let spare_rows = if probe.kind == Kind::Video { SPARE_ROWS } else { 0 };
    let (running, mut part) = read(running, span, spare_rows)?;
    let times = &mut part.frames.pts_us;
    if !times.is_empty() && probe.kind == Kind::Video {
        times.iter_mut().chain(&mut part.resized_us).for_each(|pts| *pts = on_timeline(*pts, cut.anchor));
        return Ok(part);
    }
    let Ended { status, stderr, .. } = running.finish()?;
    if !times.is_empty() {
        return whole(path, probe, part, &stderr);
    }
    if refuses_options(&stderr) {
        return Err(ToolError::Failed { program: "ffmpeg".into(), why: last_line(&stderr) }.into());
    }
    let fallback = match status.code() {
        Some(_) => format!("it has no frame at or after {:.3} s", span.start_us as f64 / 1e6),
        None => format!("it made ffmpeg crash ({status})"),
    };
    Err(source::blame_file(path, limits, &stderr, &fallback))
}

/// A picture, unless ffmpeg complained and much of it was never written.
fn whole(path: &Path, probe: &Probe, part: Part, stderr: &str) -> Result<Part, MediaError> {
    let undecodable = |why: String| MediaError::Undecodable { path: path.into(), why };
    if probe.progressive && !stderr.is_empty() {
        return Err(undecodable("it breaks off before its details; get a whole copy of the file".into()));
    }
    let unwritten =
        |pixel: &&[u8]| UNWRITTEN.iter().any(|fill| pixel.iter().zip(fill).all(|(a, b)| a.abs_diff(*b) < 4));
    let pixels = part.frames.pixels.chunks_exact(3);
    let missing = pixels.clone().filter(unwritten).count() as f64 / pixels.len() as f64;
    if stderr.is_empty() || missing < MAX_MISSING {
        return Ok(part);
    }
    Err(undecodable(format!("{:.0} % of the picture is missing; get a whole copy of the file", missing * 100.0)))
}

/// The time on the line of time of one in the stream's own.
fn on_timeline(us: u64, anchor: Option<&Anchor>) -> u64 {
    let shift = anchor.map_or(0, |anchor| (anchor.us as i64).saturating_sub(anchor.own_us));
    us.saturating_add_signed(shift)
}

/// The size within `max_side`, at least 1×1, of the same shape.
fn fit(width: u32, height: u32, max_side: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height)).max(1);
    let side = u64::from(max_side).min(longest);
    let scaled = |n: u32| ((u64::from(n) * side + longest / 2) / longest).max(1) as u32;
    (scaled(width), scaled(height))
}

fn command(tools: &Tools, limits: &Limits, file: File, probe: &Probe, span: &Span, cut: Cut) -> FfmpegCommand {
    let mut command = FfmpegCommand::new_with_path(&tools.ffmpeg);
    source::read_from(command.as_inner_mut(), file, limits);
    command.args(["-nostdin", "-threads", "1", "-filter_threads", "1", "-copyts"]);
    match cut.anchor {
        Some(anchor) => {
            let bytes = (probe.bytes.0 + anchor.from, probe.bytes.1);
            command.args(["-f", &probe.format]).input(source::input(bytes)).map(format!("0:v:{}", probe.video));
        }
        None => {
            command.arg("-start_at_zero").args(if cut.steady { &["-noaccurate_seek"][..] } else { &[] });
            let seek_us = seek_us(probe, span.start_us);
            if probe.kind == Kind::Video && seek_us > 0 {
                command.seek(format!("{seek_us}us"));
            }
            command.input(source::input(probe.bytes)).map(format!("0:{}", probe.stream));
        }
    }
    command.args(["-an", "-sn", "-dn"]).filter(filters(tools, probe, span, cut));
    command.arg("-noautoscale").fps_mode("passthrough").frames(span.frames).pix_fmt("rgb24");
    command.args(["-c:v", "rawvideo", "-enc_time_base", "1:1000000"]);
    command.args(["-f", "nut", "-write_index", "0"]).output("pipe:1");
    command
}

/// Where to seek to. Of several tracks ffmpeg heeds the key frames of one only, so it starts a long group of pictures early.
fn seek_us(probe: &Probe, start_us: u64) -> u64 {
    start_us.saturating_sub(if probe.tracks > 1 { LONG_GROUP_US } else { 0 })
}

/// Where the window begins in a stream that is entered before it, or whose frames are repeated.
fn timing(probe: &Probe, span: &Span, cut: Cut) -> Vec<String> {
    let start = match cut.anchor {
        Some(anchor) => (span.start_us as i64).saturating_sub(anchor.us as i64).saturating_add(anchor.own_us),
        None => span.start_us as i64,
    };
    // Frames of a raw stream may count from the beginning of the file, wherever it is entered.
    let raw = cut.anchor.is_some() && timeline::is_raw(&probe.format);
    let trim = format!("{}trim=start={start}us", if raw { "setpts=PTS-STARTPTS," } else { "" });
    let rate = probe.frame_rate.unwrap_or(USUAL_RATE).max(USUAL_RATE);
    match (cut.steady, cut.anchor) {
        (false, None) if seek_us(probe, span.start_us) == span.start_us => vec![],
        (false, _) => vec![trim],
        // The last frame stays to the end, where the end is known.
        (true, _) if probe.timeline.is_some() => {
            vec![format!("fps={rate}:round=down"), "tpad=stop=-1:stop_mode=clone".into(), trim]
        }
        (true, _) => vec![format!("fps={rate}:round=down"), trim],
    }
}

/// Scaling comes before tone mapping, which is slow, and after transparency, which it would smear.
fn filters(tools: &Tools, probe: &Probe, span: &Span, cut: Cut) -> String {
    let mut chain = timing(probe, span, cut);
    chain.extend(picture::turn(probe.orientation).iter().map(|turn| (*turn).to_owned()));
    if probe.has_alpha() {
        chain.push("format=gbrap,premultiply=inplace=1".into());
    }
    chain.push(scale(probe, span.max_side));
    if let Some(transfer) = probe.hdr.as_deref().filter(|_| tools.zimg) {
        chain.push(format!("zscale=tin={transfer}:min=bt2020nc:pin=bt2020:t=linear:npl=203,format=gbrpf32le"));
        chain.push("zscale=p=bt709,tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv444p".into());
    }
    chain.push("format=rgb24".into());
    if probe.kind == Kind::Video {
        chain.push(format!("pad=iw:ih+{SPARE_ROWS}"));
    }
    chain.join(",")
}

/// Each frame of a video by its own size, as [`fit`] does it: streams change theirs.
fn scale(probe: &Probe, max_side: u32) -> String {
    let flags = "bicubic+accurate_rnd+full_chroma_int+bitexact";
    if probe.kind == Kind::Image {
        let (width, height) = fit(probe.width, probe.height, max_side);
        return format!("scale={width}:{height}:flags={flags},setsar=1");
    }
    let aspect = "if(between(sar,0.25,4),sar,1)";
    let (width, height) = match probe.is_sideways() {
        true => ("iw".into(), format!("max(1,round(ih/{aspect}))")),
        false => (format!("max(1,round(iw*{aspect}))"), "ih".into()),
    };
    let longest = format!("max({width},{height})");
    let side = |side| format!("'max(1,floor(({side}*min({max_side},{longest})+floor({longest}/2))/{longest}))'");
    format!("scale=w={}:h={}:flags={flags},setsar=1", side(width), side(height))
}

/// Reads until enough frames, a change of size or the end. What came before a break in the stream is kept.
fn read(running: Running, span: &Span, spare_rows: u32) -> Result<(Running, Part), MediaError> {
    let mut nut = Nut::new(running, span.max_side, spare_rows);
    let mut frames = Frames { width: 0, height: 0, pts_us: vec![], pixels: vec![] };
    let outcome = nut.open().and_then(|()| read_frames(&mut nut, &mut frames, span.frames));
    (frames.width, frames.height) = nut.size();
    frames.pixels.truncate(frames.pts_us.len() * frames.width as usize * frames.height as usize * 3);
    let running = nut.into_inner();
    match outcome {
        Ok(resized_us) => Ok((running, Part { frames, resized_us })),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok((running, Part { frames, resized_us: None })),
        Err(error) => Err(running.broken(&error).into()),
    }
}

/// Gives the time from which on frames are of another size.
fn read_frames(nut: &mut Nut<Running>, frames: &mut Frames, count: u32) -> io::Result<Option<u64>> {
    while frames.pts_us.len() < count as usize {
        match nut.next_frame(&mut frames.pixels)? {
            Next::Frame(time) => frames.pts_us.push(time.max(frames.pts_us.last().copied().unwrap_or(0))),
            Next::Resized(time) => return Ok(Some(time)),
            Next::End => break,
        }
    }
    Ok(None)
}

fn refuses_options(stderr: &str) -> bool {
    ["Unrecognized option", "Option not found", "No such filter", "Unknown encoder", "not find codec tag"]
        .iter()
        .any(|words| stderr.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_without_enlarging() {
        assert_eq!(fit(1920, 1080, 640), (640, 360));
        assert_eq!(fit(101, 57, 640), (101, 57));
        assert_eq!(fit(10_000, 1, 640), (640, 1));
        assert_eq!(fit(3, 4, 0), (1, 1));
    }
}

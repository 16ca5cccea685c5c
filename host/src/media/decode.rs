//! Decodes frames of one size, from the start of a window on.

use std::io;
use std::path::Path;
use std::time::Instant;

use super::command::{Cut, SPARE_ROWS, command};
use super::error::MediaError;
use super::limits::Limits;
use super::nut::{Next, Nut};
use super::probe::{Kind, Probe};
use super::sample::Span;
use super::source;
use super::timeline::Anchor;
use crate::tools::{Ended, Running, ToolError, Tools, last_line};

/// A frame shown for longer than this, and than three of its neighbours, is held.
const HELD_US: u64 = 500_000;
/// The part of a picture below which damage is let pass.
const MAX_MISSING: f64 = 0.25;
/// What ffmpeg leaves where nothing was decoded: zeros, in colour (YUV) and in grey.
const UNWRITTEN: [[u8; 3]; 2] = [[0, 135, 0], [0, 0, 0]];

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
pub struct Part {
    pub frames: Frames,
    pub resized_us: Option<u64>,
}

/// Decodes at least one frame.
///
/// # Errors
/// Those of [`window`](super::window()).
pub fn part(
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
            Next::Frame(time) => {
                frames.pts_us.push(time.max(frames.pts_us.last().copied().unwrap_or(0)));
                if frames.pts_us.len() == 1 {
                    // One more than are still to come: each has spare rows until it is read.
                    frames.pixels.reserve_exact(frames.pixels.len() * count as usize);
                }
            }
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

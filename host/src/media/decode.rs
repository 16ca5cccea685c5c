//! Decodes the frames of one window.

use super::{
    error::MediaError,
    limits::Limits,
    nut::Nut,
    probe::{Kind, Probe},
    source,
};
use crate::tools::{Ended, INPUT, Running, ToolError, Tools, last_line};
use ffmpeg_sidecar::command::FfmpegCommand;
use std::{fs::File, io, path::Path, time::Instant};

const LONG_GROUP_US: u64 = 12_000_000;

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

/// Decodes at least one frame, and fewer than asked for where the file ends or breaks.
///
/// Frames are turned as they are displayed, with square pixels; transparency becomes black; high dynamic
/// range is tone-mapped where ffmpeg was built with libzimg. The child sees only this file.
///
/// # Errors
/// `media-undecodable` when there is no frame at or after the start, `ffmpeg-timeout` at the deadline,
/// `media-*` when the file is no longer what was probed, `ffmpeg-failed` when ffmpeg rejects our options.
pub fn window(
    tools: &Tools,
    limits: &Limits,
    path: &Path,
    probe: &Probe,
    span: &Span,
    deadline: Instant,
) -> Result<Frames, MediaError> {
    let (width, height) = fit(probe.width, probe.height, span.max_side);
    let mut command = command(tools, limits, source::open(path, limits)?, probe, span, (width, height));
    let running = Running::start(command.as_inner_mut(), deadline)?;
    let (running, frames) = read(running, Frames { width, height, pts_us: vec![], pixels: vec![] }, span.frames)?;
    if !frames.pts_us.is_empty() {
        return Ok(frames);
    }
    let Ended { status, stderr, .. } = running.finish()?;
    if refuses_options(&stderr) {
        return Err(ToolError::Failed { program: "ffmpeg".into(), why: last_line(&stderr) }.into());
    }
    let fallback = match status.code() {
        Some(_) => format!("it has no frame at or after {:.3} s", span.start_us as f64 / 1e6),
        None => format!("it made ffmpeg crash ({status})"),
    };
    Err(source::blame_file(path, limits, &stderr, &fallback))
}

/// The size within `max_side`, at least 1×1, of the same shape.
fn fit(width: u32, height: u32, max_side: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height)).max(1);
    let side = u64::from(max_side).min(longest);
    let scaled = |n: u32| ((u64::from(n) * side + longest / 2) / longest).max(1) as u32;
    (scaled(width), scaled(height))
}

fn command(tools: &Tools, limits: &Limits, file: File, probe: &Probe, span: &Span, size: (u32, u32)) -> FfmpegCommand {
    let mut command = FfmpegCommand::new_with_path(&tools.ffmpeg);
    source::read_from(command.as_inner_mut(), file, limits);
    command.args(["-nostdin", "-threads", "1", "-filter_threads", "1", "-copyts", "-start_at_zero"]);
    let seek_us = seek_us(probe, span.start_us);
    if probe.kind == Kind::Video && seek_us > 0 {
        command.seek(format!("{seek_us}us"));
    }
    command.input(INPUT).map(format!("0:{}", probe.stream)).args(["-an", "-sn", "-dn"]);
    command.filter(filters(tools, probe, span.start_us, size)).fps_mode("passthrough").frames(span.frames);
    command.pix_fmt("rgb24").args(["-c:v", "rawvideo", "-enc_time_base", "1:1000000"]);
    command.args(["-f", "nut", "-write_index", "0"]).output("pipe:1");
    command
}

/// Where to seek to. MPEG streams have no index: ffmpeg lands between key frames and shows nothing up to
/// the next one, so it starts a long group of pictures early.
fn seek_us(probe: &Probe, start_us: u64) -> u64 {
    let early = if ["mpegts", "mpeg"].contains(&probe.format.as_str()) { LONG_GROUP_US } else { 0 };
    start_us.saturating_sub(early)
}

/// Scaling comes before tone mapping, which is slow, and after transparency, which it would smear.
fn filters(tools: &Tools, probe: &Probe, start_us: u64, (width, height): (u32, u32)) -> String {
    let flags = "bicubic+accurate_rnd+full_chroma_int+bitexact";
    let mut chain = vec![format!("scale={width}:{height}:flags={flags}"), "setsar=1".into()];
    if probe.has_alpha() {
        chain.insert(0, "format=gbrap,premultiply=inplace=1".into());
    }
    if seek_us(probe, start_us) < start_us {
        chain.insert(0, format!("trim=start={start_us}us"));
    }
    if let Some(transfer) = probe.hdr.as_deref().filter(|_| tools.zimg) {
        chain.push(format!("zscale=tin={transfer}:min=bt2020nc:pin=bt2020:t=linear:npl=203,format=gbrpf32le"));
        chain.push("zscale=p=bt709,tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv444p".into());
    }
    chain.push("format=rgb24".into());
    chain.join(",")
}

/// Reads until enough frames or the end. What came before a break in the stream is kept.
fn read(running: Running, mut frames: Frames, count: u32) -> Result<(Running, Frames), MediaError> {
    let frame_bytes = frames.width as usize * frames.height as usize * 3;
    let mut nut = Nut::new(running, frame_bytes);
    let outcome = nut.open().and_then(|()| read_frames(&mut nut, &mut frames, count));
    let running = nut.into_inner();
    frames.pixels.truncate(frames.pts_us.len() * frame_bytes);
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(running.broken(&error).into()),
        _ => Ok((running, frames)),
    }
}

fn read_frames(nut: &mut Nut<Running>, frames: &mut Frames, count: u32) -> io::Result<()> {
    while frames.pts_us.len() < count as usize {
        let Some(time) = nut.next_frame(&mut frames.pixels)? else { break };
        let latest = frames.pts_us.last().copied().unwrap_or(0);
        frames.pts_us.push(time.max(latest));
    }
    Ok(())
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

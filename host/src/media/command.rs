//! The command line of ffmpeg that cuts frames out of a stream.

use std::fs::File;

use ffmpeg_sidecar::command::FfmpegCommand;

use super::limits::Limits;
use super::picture;
use super::probe::{Kind, Probe};
use super::sample::Span;
use super::source;
use super::timeline::{self, Anchor};
use crate::tools::Tools;

/// How far apart the key frames of a stream are at most, as a rule.
const LONG_GROUP_US: u64 = 12_000_000;
/// Frames per second at which a held frame is looked at.
const USUAL_RATE: f64 = 25.0;
/// Below each frame of a video, for [`Nut::new`](super::nut::Nut::new).
pub const SPARE_ROWS: u32 = 1;

/// How a window is cut out of its stream.
#[derive(Clone, Copy)]
pub struct Cut<'a> {
    /// Where to enter the file; without it, its container is asked.
    pub anchor: Option<&'a Anchor>,
    /// At a constant rate, as players show them: a frame is repeated until the next one.
    pub steady: bool,
}

/// The size within `max_side`, at least 1×1, of the same shape.
fn fit(width: u32, height: u32, max_side: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height)).max(1);
    let side = u64::from(max_side).min(longest);
    let scaled = |n: u32| ((u64::from(n) * side + longest / 2) / longest).max(1) as u32;
    (scaled(width), scaled(height))
}

/// What writes the frames of `span` to standard output as NUT, each with [`SPARE_ROWS`] if it is of a video.
pub fn command(tools: &Tools, limits: &Limits, file: File, probe: &Probe, span: &Span, cut: Cut) -> FfmpegCommand {
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

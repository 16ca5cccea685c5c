//! Which streams of a file are judged: those that a player shows.

use super::{
    error::MediaError,
    joined::{Bytes, recordings},
    limits::Limits,
    picture::{self, Picture},
    probe::{Kind, Probe, Refusal, refused, report},
    probe_json::{Report, Stream},
    signature, source, timeline,
};
use crate::tools::Tools;
use std::{path::Path, time::Instant};

/// Tracks that are looked at, of a file that has more.
const MAX_TRACKS: usize = 8;

/// A stream that could be the content, and what ffprobe says of it alone.
struct Track {
    report: Report,
    stderr: String,
    /// Among the file's video streams.
    video: u32,
}

/// What a player shows of the file: its moving tracks before its stills, and of these the ones that are marked as default
/// before the others. Of files that were joined to one, what players show of each. At least one; eight at most.
///
/// # Errors
/// Any `media-*` code: the file is checked against `limits` here, before and after. `ffmpeg-timeout` at
/// the deadline, `ffmpeg-unusable` when ffprobe does not start.
pub fn tracks(tools: &Tools, limits: &Limits, path: &Path, deadline: Instant) -> Result<Vec<Probe>, MediaError> {
    let mut file = source::open(path, limits)?;
    let unsupported = |why: String| MediaError::Unsupported { path: path.into(), why };
    if let Some(why) = signature::unread(&file) {
        return Err(unsupported(why));
    }
    let picture = picture::examine(&mut file);
    if let Some(why) = picture.refused {
        return Err(unsupported(why.into()));
    }
    let recordings = recordings(&mut file);
    let (mut found, mut failed) = (Vec::new(), None);
    for (nth, bytes) in (1..).zip(&recordings) {
        let about = |probe| Probe { recording: nth, recordings: recordings.len() as u32, ..probe };
        match of_recording(tools, limits, path, (*bytes, &picture), deadline) {
            Ok(shown) => found.extend(shown.into_iter().map(about)),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    found.truncate(MAX_TRACKS);
    if found.is_empty() { Err(failed.unwrap_or(MediaError::NoVideo(path.into()))) } else { Ok(found) }
}

fn of_recording(
    tools: &Tools,
    limits: &Limits,
    path: &Path,
    (bytes, picture): (Bytes, &Picture),
    deadline: Instant,
) -> Result<Vec<Probe>, MediaError> {
    let ask = |streams: &str| report(tools, limits, path, (bytes, streams), deadline);
    let (tracks, count) = candidates(ask("v")?, ask)?;
    let (mut probed, mut failed) = (Vec::new(), None);
    for track in tracks {
        match track.probe(limits, path) {
            Ok(probe) => probed.push((
                track,
                Probe { bytes, tracks: count, pictures: picture.pictures, progressive: picture.progressive, ..probe },
            )),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    let mut shown = shown(probed);
    if shown.is_empty() {
        return Err(failed.unwrap_or(MediaError::NoVideo(path.into())));
    }
    shown.iter_mut().for_each(|probe| probe.orient(picture.orientation));
    for probe in shown.iter_mut().filter(|probe| probe.kind == Kind::Video) {
        if probe.duration_us.is_none() || timeline::needs_measuring(&probe.format) {
            probe.measure(tools, limits, path, deadline)?;
        }
    }
    Ok(shown)
}

/// The streams that could be the content, eight at most, and how many there are. Where there are several, ffprobe is asked
/// of each: its first packets may all be of one stream.
fn candidates(
    (mut all, stderr): (Report, String),
    ask: impl Fn(&str) -> Result<(Report, String), MediaError>,
) -> Result<(Vec<Track>, u32), MediaError> {
    let streams = all.streams.iter().enumerate().filter(|(_, stream)| stream.is_content());
    let mut found: Vec<_> = streams.map(|(video, stream)| (!stream.is_default(), video as u32, stream.index)).collect();
    found.sort_unstable();
    let count = found.len() as u32;
    found.truncate(MAX_TRACKS);
    if let [(_, video, index)] = found[..] {
        all.streams.retain(|stream| stream.index == index);
        return Ok((vec![Track { report: all, stderr, video }], count));
    }
    let track = |(_, video, index): (bool, u32, u32)| {
        ask(&index.to_string()).map(|(report, stderr)| Track { report, stderr, video })
    };
    Ok((found.into_iter().map(track).collect::<Result<_, _>>()?, count))
}

impl Track {
    fn stream(&self) -> Option<&Stream> {
        self.report.streams.first()
    }

    fn probe(&self, limits: &Limits, path: &Path) -> Result<Probe, MediaError> {
        let probe = self.stream().ok_or(Refusal::NoVideo).and_then(|stream| Probe::of(&self.report, stream));
        let probe = probe.map_err(|refusal| refused(path, limits, refusal, &self.stderr))?;
        limits.check_pixels(path, probe.coded_pixels, (probe.width, probe.height))?;
        Ok(Probe { video: self.video, ..probe })
    }

    fn is_default(&self) -> bool {
        self.stream().is_some_and(Stream::is_default)
    }

    fn moves(&self) -> bool {
        self.report.packets_and_frames.iter().filter(|item| item.kind == "packet").count() > 1
    }
}

/// Those that move if any does, of these the default ones if any is; of pictures, one.
fn shown(mut tracks: Vec<(Track, Probe)>) -> Vec<Probe> {
    let moving = tracks.iter().any(|(track, _)| track.moves());
    tracks.retain(|(track, _)| track.moves() == moving);
    let default = tracks.iter().any(|(track, _)| track.is_default());
    tracks.retain(|(track, _)| track.is_default() == default);
    let picture = tracks.first().is_some_and(|(_, probe)| probe.kind == Kind::Image);
    tracks.truncate(if picture { 1 } else { MAX_TRACKS });
    tracks.into_iter().map(|(_, probe)| probe).collect()
}

//! One window: of its parts of different sizes, the longest.

use std::path::Path;
use std::time::Instant;

use super::decode::{Frames, Part, part};
use super::error::MediaError;
use super::limits::Limits;
use super::probe::Probe;
use super::sample::Span;
use crate::tools::Tools;

/// Parts of different sizes of a window that are tried.
const MAX_PARTS: usize = 8;

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
        let next = next_start(probe, &part);
        span.frames = span.frames.saturating_sub(part.frames.pts_us.len() as u32);
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

/// Where a part of another size begins. In a stream that was joined, time has begun anew there; ffmpeg does not let it go
/// back.
fn next_start(probe: &Probe, part: &Part) -> Option<u64> {
    let last = part.frames.pts_us.last().copied().unwrap_or(0);
    let after_join = || Some(probe.timeline.as_ref()?.next_anchor(last)?.us);
    part.resized_us.and_then(|at| if at > last + 1 { Some(at) } else { after_join() })
}

/// More frames are better, then larger ones.
fn worth(frames: &Frames) -> (usize, u64) {
    (frames.pts_us.len(), u64::from(frames.width) * u64::from(frames.height))
}

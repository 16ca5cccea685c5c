//! Looking at one face of an assessment again, for where in it the evidence lies.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use veritag_abi::{FaceScore, Observation, TensorBatch, Window, WindowScore};

use super::heat_map::HeatMap;
use super::picture::pictures;
use super::pipeline::Scanner;
use crate::assessment::Assessment;
use crate::error::Error;
use crate::media::error::MediaError;
use crate::media::{Kind, Probe, Span, tracks};

/// How far times of a frame may lie apart that is decoded twice, in µs.
const SAME_US: u64 = 1000;
/// How far the sides of its box may, in pixels.
const SAME_PX: f32 = 1.0;

impl Scanner {
    /// The heat map of face `face` of window `window` of `assessment`, which is of the asset at `path`. The asset is
    /// decoded again there, and the network run once more.
    ///
    /// # Errors
    /// [`Error::NoSuchFace`] when the assessment has none there, or the asset or the model is another by now;
    /// `plugin-not-implemented` when the model gives no heat map, and `plugin-missing-export` when the plugin cannot; what
    /// keeps the asset from being looked at.
    pub fn explain(&self, path: &Path, assessment: &Assessment, window: usize, face: usize) -> Result<HeatMap, Error> {
        let nothing = || Error::NoSuchFace { path: path.to_owned(), window, face };
        let seen = assessment.windows.get(window).ok_or_else(nothing)?;
        let found = seen.faces.get(face).ok_or_else(nothing)?;
        let look = || {
            let crops = self.crops_at(path, assessment, seen)?.ok_or_else(nothing)?;
            let crops = only(face, crops).filter(|crops| is_same(&crops.seen, found)).ok_or_else(nothing)?;
            self.heat_map(&crops)
        };
        catch_unwind(AssertUnwindSafe(look)).unwrap_or(Err(Error::Bug))
    }

    fn heat_map(&self, crops: &TensorBatch) -> Result<HeatMap, Error> {
        let mut explanation = self.pool.with(|instance| instance.explain(crops))?;
        let relevance = explanation.faces.pop().ok_or(Error::Bug)?;
        let input = &self.pool.bundle().spec.input;
        let row = 3 * input.size * input.size;
        let middle = &crops.data[crops.rows() / 2 * row..][..row];
        Ok(HeatMap { crop: pictures(input, middle), side: input.size, relevance })
    }

    /// The crops of the window that was `seen`; none where there is no such window.
    fn crops_at(&self, path: &Path, assessment: &Assessment, seen: &WindowScore) -> Result<Option<TensorBatch>, Error> {
        let deadline = Instant::now() + self.timeout;
        let tracks = tracks(&self.tools, &self.limits, path, deadline)?;
        let media = assessment.asset.media.as_ref();
        let track = tracks.into_iter().find(|track| media.is_none_or(|media| media.is_of(track)));
        let Some(mut probe) = track else { return Ok(None) };
        let first = self.window(path, &probe, seen);
        let unmeasured = probe.kind == Kind::Video && probe.timeline.is_none();
        if matches!(first, Ok(None) | Err(Error::Media(MediaError::Undecodable { .. })))
            && unmeasured
            && probe.measure(&self.tools, &self.limits, path, deadline)?
        {
            return self.window(path, &probe, seen);
        }
        first
    }

    fn window(&self, path: &Path, probe: &Probe, seen: &WindowScore) -> Result<Option<TensorBatch>, Error> {
        let max_side = self.frame.longest_side(probe.width, probe.height, seen.frames);
        // Times are rounded: from just before its own, no frame is missed.
        let span = Span { start_us: seen.start_us.saturating_sub(1), frames: seen.frames, max_side };
        let (crops, _) = self.prepare(path, probe, &span)?;
        let same = |window: &Window| window.start_us.abs_diff(seen.start_us) <= SAME_US;
        Ok(Some(crops).filter(|crops| crops.seen.windows.first().is_some_and(same)))
    }
}

/// The crops of one face.
fn only(face: usize, mut crops: TensorBatch) -> Option<TensorBatch> {
    let mut window = std::mem::take(&mut crops.seen).windows.pop()?;
    let before = window.tracks.iter().take(face).map(|track| track.frames.len()).sum::<usize>();
    window.tracks = vec![window.tracks.into_iter().nth(face)?];
    let rows = before..before + window.tracks[0].frames.len();
    Some(TensorBatch { seen: Observation { windows: vec![window] }, ..crops.slice(rows) })
}

/// Whether the one face that is seen is `found`.
fn is_same(seen: &Observation, found: &FaceScore) -> bool {
    let frames = &seen.windows[0].tracks[0].frames;
    frames.get(frames.len() / 2).is_some_and(|middle| {
        let sides = middle.bbox.iter().zip(found.bbox);
        middle.pts_us.abs_diff(found.pts_us) <= SAME_US && sides.into_iter().all(|(a, b)| (a - b).abs() <= SAME_PX)
    })
}

//! Features to a verdict: a score for every face, then for every window, then for the asset.

use veritag_abi::bundle::{Bundle, Calibration, QualityLimits};
use veritag_abi::{Analysis, FaceScore, Fault, Quality, Reason, TensorBatch, Track, Verdict, Window, WindowScore};

use crate::model::loaded::Model;

/// Judges the asset whose windows `features` carries.
///
/// A window's score is that of its most suspect face, since one manipulated face makes it manipulated;
/// the asset's score is that of the mean logit over its windows.
///
/// # Errors
/// [`Fault::Rejected`] when there is no window, or the rows are not those of the faces seen.
pub fn decide(model: &Model, features: &TensorBatch) -> Result<Analysis, Fault> {
    if features.seen.windows.is_empty() || features.seen.rows() != features.rows() {
        return Err(Fault::Rejected("decide: features without the windows that they were seen in".into()));
    }
    let width = features.data.len().checked_div(features.rows()).unwrap_or(0);
    let mut rows = features.data.chunks_exact(width.max(1));
    let still = matches!(&features.seen.windows[..], [Window { frames: 1, .. }]);
    let reading = model.bundle.output.calibration_of(still);
    let mut windows = Vec::new();
    for window in &features.seen.windows {
        windows.push(judge_window(model, reading, window, &mut rows)?);
    }
    Ok(conclude(model, reading, model.bundle.output.band_of(still), windows))
}

fn judge_window<'a>(
    model: &Model,
    reading: &Calibration,
    window: &Window,
    rows: &mut impl Iterator<Item = &'a [f32]>,
) -> Result<WindowScore, Fault> {
    let mut faces = Vec::new();
    for track in &window.tracks {
        let features: Vec<f32> = rows.by_ref().take(track.frames.len()).flatten().copied().collect();
        faces.push(judge_face(model, reading, track, window.reading(track), &features)?);
    }
    let score = faces.iter().filter_map(|face| face.score).max_by(f32::total_cmp);
    let reason = score.is_none().then(|| faces.first().and_then(|face| face.reason).unwrap_or(Reason::NoFace));
    let Window { start_us, end_us, frames, width, height, more_faces, .. } = *window;
    Ok(WindowScore { start_us, end_us, frames, width, height, score, reason, faces, more_faces })
}

fn judge_face(
    model: &Model,
    reading: &Calibration,
    track: &Track,
    [frames, views]: [usize; 2],
    features: &[f32],
) -> Result<FaceScore, Fault> {
    let rows = track.frames.len();
    let middle = track.frames.get(rows / 2).ok_or_else(|| Fault::Rejected("decide: a face in no frame".into()))?;
    let blank = FaceScore {
        score: None,
        logit: None,
        reason: None,
        quality: track.quality,
        bbox: middle.bbox,
        pts_us: middle.pts_us,
    };
    if let Some(reason) = refusal(&model.bundle, &track.quality, frames) {
        return Ok(FaceScore { reason: Some(reason), ..blank });
    }
    let (logit, reason) = (model.face_logit(features, frames, views)?, model.out_of_scope(features, rows)?);
    let score = reason.is_none().then(|| reading.score(logit));
    Ok(FaceScore { score, logit: Some(logit), reason, ..blank })
}

/// Why a face of this quality must not be judged.
fn refusal(bundle: &Bundle, quality: &Quality, frames: usize) -> Option<Reason> {
    let QualityLimits { min_face_px, min_sharpness, min_brightness, max_brightness, max_turn } = bundle.quality;
    let rules = [
        (quality.face_px < min_face_px, Reason::FaceTooSmall),
        (quality.brightness < min_brightness, Reason::TooDark),
        (quality.brightness > max_brightness, Reason::TooBright),
        (quality.sharpness < min_sharpness, Reason::TooBlurry),
        (max_turn.is_some_and(|most| quality.turn > most), Reason::TurnedAway),
        ((frames as u32) < bundle.temporal.min_frames, Reason::TooFewFrames),
    ];
    rules.into_iter().find_map(|(refused, reason)| refused.then_some(reason))
}

fn conclude(model: &Model, reading: &Calibration, band: [f32; 2], windows: Vec<WindowScore>) -> Analysis {
    let logits: Vec<f32> = windows.iter().filter_map(window_logit).collect();
    let score = (!logits.is_empty()).then(|| reading.score(logits.iter().sum::<f32>() / logits.len() as f32));
    let reason = if score.is_none() { Some(main_reason(&windows)) } else { None };
    let verdict = score.map_or(Verdict::NotAssessed, |score| Verdict::of(score, band));
    let (threshold, model) = (model.bundle.output.threshold, model.id.clone());
    Analysis { verdict, reason, score, threshold, band, model, windows }
}

/// The highest logit among the faces that were judged.
fn window_logit(window: &WindowScore) -> Option<f32> {
    let judged = window.faces.iter().filter(|face| face.score.is_some());
    judged.filter_map(|face| face.logit).max_by(f32::total_cmp)
}

/// The reason of the first window in which a face was seen, else that none was.
fn main_reason(windows: &[WindowScore]) -> Reason {
    let reasons = windows.iter().filter_map(|window| window.reason);
    reasons.into_iter().find(|reason| *reason != Reason::NoFace).unwrap_or(Reason::NoFace)
}

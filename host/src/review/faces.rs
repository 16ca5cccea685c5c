//! The faces of an asset, the most suspect first, as they are in its pixels.

use maud::{Markup, html};
use veritag_abi::FaceScore;

use super::lanes::Place;
use crate::assessment::{Assessment, times, wording};
use crate::output::faces::boxed;
use crate::output::gauge::zone;
use crate::scan::{CANNOT_SHOW, Cut, FACE_SIDE};

/// Most faces that are shown.
const MAX: usize = 24;

/// The strip; without scores, and in the order of time, if they are hidden.
pub fn strip(sha256: &str, assessment: &Assessment, hidden: bool) -> Markup {
    let mut faces: Vec<(Place, &FaceScore)> = Vec::new();
    for (window, seen) in assessment.windows.iter().enumerate() {
        faces.extend(seen.faces.iter().enumerate().map(|(face, found)| (Place { window, face }, found)));
    }
    if !hidden {
        faces.sort_by(|a, b| b.1.score.unwrap_or(-1.0).total_cmp(&a.1.score.unwrap_or(-1.0)));
    }
    let more = faces.len().saturating_sub(MAX);
    html! {
        @if !faces.is_empty() {
            section.strip aria-labelledby="faces" {
                h2 id="faces" { "Faces" }
                ol {
                    @for (place, face) in faces.iter().take(MAX) {
                        li { (figure(sha256, *place, face, assessment, hidden)) }
                    }
                }
                @if more > 0 { p.quiet { (more) " more are in the details." } }
            }
        }
    }
}

/// Whether the face is not plainly real.
fn suspicious(face: &FaceScore, assessment: &Assessment) -> bool {
    face.score.zip(assessment.band).is_some_and(|(score, [low, _])| score > low)
}

/// Made when it is opened: the network runs once more for it.
fn heat_map(picture: &str) -> Markup {
    html! {
        details.heat-map {
            summary { "Heat map" }
            img loading="lazy" src={ (picture) "/map" } alt="What speaks for fake (vermilion) and for real (blue) in this face";
            p.quiet { "Vermilion speaks for fake, blue for real. " (CANNOT_SHOW) }
        }
    }
}

fn figure(sha256: &str, place: Place, face: &FaceScore, assessment: &Assessment, hidden: bool) -> Markup {
    let class = match (face.score, assessment.band) {
        (Some(score), Some(band)) if !hidden => zone(score, band),
        _ => "none",
    };
    let seconds = face.pts_us as f64 / 1e6;
    let timed = assessment.asset.media.as_ref().is_some_and(|media| media.duration_us.is_some());
    let window = &assessment.windows[place.window];
    let cut = Cut::around(face.bbox, [window.width as usize, window.height as usize]);
    let picture = format!("/review/assets/{sha256}/faces/{}/{}", place.window, place.face);
    let label = format!("a face at {}", times::fine_clock(face.pts_us));
    html! {
        figure class=(class) {
            @if let Some(cut) = cut { (boxed(&picture, cut.scaled(FACE_SIDE), cut.fractions(face.bbox), &label)) }
            figcaption {
                @if !hidden {
                    @match face.score {
                        Some(score) => strong.score { "score " (wording::score(score)) },
                        None => strong.score { "not judged" },
                    }
                    @if let Some(reason) = face.reason { p { (wording::reason(reason)) } }
                }
                @if suspicious(face, assessment) && !hidden { (heat_map(&picture)) }
                @if timed { a.jump href={ "#t=" (format!("{seconds:.3}")) } data-start=(seconds) { (times::fine_clock(face.pts_us)) } }
            }
        }
    }
}

//! One lane for each face over the whole duration, under the player.

use maud::{Markup, html};
use veritag_abi::{FaceScore, WindowScore};

use crate::assessment::{Assessment, times, wording};
use crate::output::Scale;
use crate::output::gauge::{anchor, percent, zone};

const HEIGHT: f64 = 26.0;
const GAP: f64 = 8.0;
const AXIS: f64 = 26.0;
/// How far a face may have moved from one window to the next and be taken for the same, in sides of its box.
const MAX_MOVE: f32 = 1.5;

/// A face of a window: the indices of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub window: usize,
    pub face: usize,
}

/// The faces of all windows, those together that are about where the one before was.
pub fn lanes(windows: &[WindowScore]) -> Vec<Vec<Place>> {
    let mut lanes: Vec<Vec<Place>> = Vec::new();
    for (window, seen) in windows.iter().enumerate() {
        for (face, found) in seen.faces.iter().enumerate() {
            let place = Place { window, face };
            let last = |lane: &Vec<Place>| lane.last().filter(|last| last.window < window).copied();
            let far = |last: Place| moved(&windows[last.window].faces[last.face], found);
            let near = lanes.iter().enumerate().filter_map(|(nth, lane)| Some((nth, far(last(lane)?))));
            let nearest = near.filter(|(_, far)| *far < MAX_MOVE).min_by(|a, b| a.1.total_cmp(&b.1));
            match nearest {
                Some((nth, _)) => lanes[nth].push(place),
                None => lanes.push(vec![place]),
            }
        }
    }
    lanes
}

/// How far apart two boxes are, in sides of the first; never, if one is twice as large as the other.
fn moved(before: &FaceScore, after: &FaceScore) -> f32 {
    let [x, y, w, h] = before.bbox;
    let [x2, y2, w2, h2] = after.bbox;
    let (side, other) = (w.max(h).max(1.0), w2.max(h2).max(1.0));
    if !(0.5..2.0).contains(&(other / side)) {
        return f32::INFINITY;
    }
    let (across, down) = (x2 + w2 / 2.0 - x - w / 2.0, y2 + h2 / 2.0 - y - h / 2.0);
    across.hypot(down) / side
}

/// The lanes, if there is a duration; without what the model says if it is hidden.
pub fn drawing(assessment: &Assessment, hidden: bool) -> Option<Markup> {
    let scale = Scale::of(assessment)?;
    let mut lanes = lanes(&assessment.windows);
    if lanes.is_empty() {
        lanes.push(Vec::new());
    }
    let bottom = lanes.len() as f64 * (HEIGHT + GAP);
    Some(html! {
        figure.lanes {
            svg role="group" aria-label="Faces over time" height=(bottom + AXIS) {
                @for (nth, lane) in lanes.iter().enumerate() {
                    (track(assessment, scale, lane, nth as f64 * (HEIGHT + GAP), hidden))
                }
                (axis(scale, bottom))
            }
            figcaption { "One lane for each face. A bar is a window that was looked at: choose it, or use the arrow keys, to jump there. Hatched: not looked at." }
        }
    })
}

fn track(assessment: &Assessment, scale: Scale, lane: &[Place], y: f64, hidden: bool) -> Markup {
    html! {
        rect.plot x="0" y=(y) width="100%" height=(HEIGHT) {}
        @for gap in &assessment.gaps {
            @let gap = scale.stretch(gap.start_us, gap.end_us);
            rect.gap x=(percent(gap.x)) y=(y) width=(percent(gap.width)) height=(HEIGHT) {}
        }
        @for place in lane { (bar(assessment, scale, *place, y, hidden)) }
    }
}

fn bar(assessment: &Assessment, scale: Scale, place: Place, y: f64, hidden: bool) -> Markup {
    let window = &assessment.windows[place.window];
    let face = &window.faces[place.face];
    let stretch = scale.bar(window);
    let class = match (face.score, assessment.band) {
        (Some(score), Some(band)) if !hidden => zone(score, band),
        _ => "none",
    };
    let says = match (face.score, face.reason) {
        _ if hidden => "looked at".to_owned(),
        (Some(score), _) => format!("score {}", wording::score(score)),
        (None, Some(reason)) => format!("not judged: {}", wording::reason(reason)),
        (None, None) => "not judged".to_owned(),
    };
    let label = format!("{}: {says}", times::span(window.start_us, window.end_us));
    html! {
        a.jump href={ "#t=" (format!("{:.3}", window.start_us as f64 / 1e6)) } aria-label=(label)
            data-start=(window.start_us as f64 / 1e6) data-end=(window.end_us as f64 / 1e6)
            data-box=(shares(window, face)) data-class=(class) {
            rect class=(format!("bar {class}")) x=(percent(stretch.x)) y=(y) width=(percent(stretch.width)) height=(HEIGHT) {
                title { (label) }
            }
        }
    }
}

/// `x y width height` of a face in fractions of the frame, for the player.
fn shares(window: &WindowScore, face: &FaceScore) -> String {
    let (width, height) = (window.width.max(1) as f32, window.height.max(1) as f32);
    let [x, y, w, h] = face.bbox;
    [x / width, y / height, w / width, h / height].map(|share| format!("{share:.4}")).join(" ")
}

fn axis(scale: Scale, y: f64) -> Markup {
    let ticks = scale.ticks().chain([scale.duration_us]);
    html! {
        @for us in ticks {
            @let end = us == scale.duration_us;
            text class={ "axis " (if end { "end" } else { anchor(scale.at(us) as f32) }) } x=(percent(scale.at(us))) y=(y + 14.0) { (scale.label(us)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::examples;

    fn face(x: f32, side: f32) -> FaceScore {
        let mut face = examples::window(0, 1, 20, Some(0.5), None).faces.remove(0);
        face.bbox = [x, 100.0, side, side];
        face
    }

    fn window(start_us: u64, faces: Vec<FaceScore>) -> WindowScore {
        WindowScore { faces, ..examples::window(start_us, start_us + 1, 20, None, None) }
    }

    #[test]
    fn a_face_stays_in_its_lane_though_another_is_larger_for_a_while() {
        let windows = [
            window(0, vec![face(0.0, 100.0), face(500.0, 90.0)]),
            window(10, vec![face(490.0, 110.0), face(20.0, 100.0)]),
            window(20, vec![face(480.0, 100.0)]),
        ];
        let place = |window, face| Place { window, face };
        let lanes = lanes(&windows);
        assert_eq!(lanes, [vec![place(0, 0), place(1, 1)], vec![place(0, 1), place(1, 0), place(2, 0)]]);
    }

    #[test]
    fn a_face_far_away_is_another() {
        let windows = [window(0, vec![face(0.0, 100.0)]), window(10, vec![face(900.0, 100.0)])];
        assert_eq!(lanes(&windows).len(), 2);
    }

    #[test]
    fn nothing_is_told_that_is_hidden() {
        let shown = drawing(&examples::fake(), false).unwrap().into_string();
        let hidden = drawing(&examples::fake(), true).unwrap().into_string();
        assert!(shown.contains("bar fake") && shown.contains("score "), "{shown}");
        assert!(!hidden.contains("bar fake") && !hidden.contains("score "), "{hidden}");
    }
}

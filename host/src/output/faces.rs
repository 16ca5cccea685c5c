//! The faces seen in each window, with their scores and how well they can be judged.

use base64::{Engine, engine::general_purpose::STANDARD};
use maud::{Markup, html};
use veritag_abi::{FaceScore, Quality, WindowScore};

use super::Entry;
use crate::assessment::{times, wording};
use crate::scan::Thumbnail;

/// Every window with its faces.
pub fn windows(entry: &Entry) -> Markup {
    let windows = &entry.assessment.windows;
    let timed = entry.assessment.asset.media.as_ref().is_some_and(|media| media.duration_us.is_some());
    html! {
        @if !windows.is_empty() {
            section.windows {
                h3 { @if timed { "Faces in each window" } @else { "Faces" } }
                @for (nth, window) in windows.iter().enumerate() {
                    div.window {
                        @if timed { (heading(nth, window)) }
                        (faces(entry, nth, window))
                    }
                }
            }
        }
    }
}

fn heading(nth: usize, window: &WindowScore) -> Markup {
    html! {
        div.when {
            span.number { (nth + 1) }
            div {
                strong { (times::span(window.start_us, window.end_us)) }
                div { (window.frames) @if window.frames == 1 { " frame" } @else { " frames" } }
            }
        }
    }
}

fn faces(entry: &Entry, nth: usize, window: &WindowScore) -> Markup {
    let picture = |face| entry.thumbnails.iter().find(|t| (t.window, t.face) == (nth, face));
    let band = entry.assessment.band;
    html! {
        div.faces {
            @for (index, face) in window.faces.iter().enumerate() {
                (figure(index, face, picture(index), band))
            }
            @if window.faces.is_empty() { p.quiet { "No face was found." } }
            @if let Some(more) = wording::more_faces(window.more_faces) { p.quiet { (more) "." } }
        }
    }
}

fn figure(index: usize, face: &FaceScore, picture: Option<&Thumbnail>, band: Option<[f32; 2]>) -> Markup {
    let class = face.score.zip(band).map_or("none", |(score, band)| super::gauge::zone(score, band));
    html! {
        figure class=(format!("face {class}")) {
            @if let Some(thumbnail) = picture { (cut(thumbnail, index)) }
            @else { div.no-picture { "no picture" } }
            figcaption {
                @match face.score {
                    Some(score) => strong.score { "score " (wording::score(score)) },
                    None => strong.score { "not judged" },
                }
                @if let Some(reason) = face.reason {
                    p { (wording::reason(reason)) }
                }
                (quality(&face.quality))
            }
        }
    }
}

/// The picture of a thumbnail with its face box.
fn cut(thumbnail: &Thumbnail, index: usize) -> Markup {
    let data = format!("data:image/jpeg;base64,{}", STANDARD.encode(&thumbnail.jpeg));
    boxed(&data, [thumbnail.width, thumbnail.height], thumbnail.bbox, &format!("face {}", index + 1))
}

/// A picture of `[width, height]` pixels with a box, `[x, y, width, height]` in fractions of it, that scales with it.
pub fn boxed(picture: &str, [width, height]: [usize; 2], [x, y, w, h]: [f32; 4], label: &str) -> Markup {
    let (across, down) = (width as f32, height as f32);
    html! {
        svg.cut role="img" aria-label=(label) viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) {
            image href=(picture) width=(width) height=(height) {}
            @for class in ["box-halo", "box"] {
                rect class=(class) x=(x * across) y=(y * down) width=(w * across) height=(h * down) {}
            }
        }
    }
}

fn quality(quality: &Quality) -> Markup {
    html! {
        dl.quality {
            dt { "Size" } dd { (format!("{:.0} px", quality.face_px)) }
            dt { "Sharpness" } dd { (format!("{:.0}", quality.sharpness)) }
            dt { "Brightness" } dd { (format!("{:.0} of 255", quality.brightness)) }
            dt { "Coverage" } dd { (format!("{:.0} %", quality.coverage * 100.0)) }
        }
    }
}

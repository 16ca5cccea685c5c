//! The section of the report on one asset.

use maud::{Markup, html};

use super::{
    Entry,
    badge::{badge, class},
    faces, gauge, timeline,
};
use crate::assessment::wording::{reason, review, visible};
use crate::assessment::{Assessment, Asset, MediaFacts, times};

/// Everything about the asset that is `nth` in the run.
pub fn article(nth: usize, entry: &Entry) -> Markup {
    let assessment = &entry.assessment;
    html! {
        article id={ "asset-" (nth + 1) } class=(class(assessment.verdict)) {
            header {
                (name(nth, &assessment.asset.path))
                (badge(assessment.verdict))
            }
            p.text { (assessment.text) }
            (why(assessment))
            @if let Some(gauge) = gauge::gauge(assessment) { (gauge) }
            @if let Some(timeline) = timeline::timeline(assessment) { (timeline) }
            (faces::windows(entry))
            (facts(assessment))
            p.top { a href="#top" { "Back to the summary" } }
        }
    }
}

/// Directory and file name, apart.
pub fn split(path: &str) -> (String, String) {
    let (directory, name) = match path.rsplit_once('/') {
        Some((directory, name)) if !name.is_empty() => (format!("{directory}/"), name),
        _ => (String::new(), path),
    };
    (visible(&directory), visible(name))
}

fn name(nth: usize, path: &str) -> Markup {
    let (directory, name) = split(path);
    html! {
        div.name {
            p.quiet { (nth + 1) @if !directory.is_empty() { " · " bdi { (directory) } } }
            h2 { bdi { (name) } }
        }
    }
}

fn why(assessment: &Assessment) -> Markup {
    html! {
        @if let Some(because) = assessment.reason {
            div.why {
                p { "Not assessed: " (reason(because)) "." }
                @if let Some(error) = &assessment.error {
                    p.quiet { code { (error.code) } " " (visible(&error.message)) }
                }
            }
        }
    }
}

/// File, model, time and review, as a list.
pub fn facts(assessment: &Assessment) -> Markup {
    let rows = media(&assessment.asset).into_iter().chain(machine(assessment));
    html! {
        dl.facts {
            @for (term, value) in rows {
                div { dt { (term) } dd { (value) } }
            }
        }
    }
}

fn media(asset: &Asset) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(facts) = &asset.media {
        rows.push(("Media", medium(facts)));
    }
    rows.extend(asset.bytes.map(|bytes| ("File size", size(bytes))));
    rows.extend(asset.sha256.clone().map(|sha256| ("sha256", sha256)));
    rows
}

fn medium(facts: &MediaFacts) -> String {
    let MediaFacts { kind, format, codec, width, height, duration_us, .. } = facts;
    let duration = duration_us.map(|us| format!(", {}", times::fine_clock(us))).unwrap_or_default();
    format!("{kind}, {format}, {codec}, {width} × {height} px{duration}")
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..999_950 => format!("{:.1} kB", bytes as f64 / 1e3),
        999_950..999_950_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

fn machine(assessment: &Assessment) -> Vec<(&'static str, String)> {
    let model = assessment.model.as_ref();
    let mut rows = vec![];
    rows.extend(model.map(|m| ("Model", format!("{} {}, sha256 {}", m.name, m.version, m.sha256))));
    rows.push(("Assessed", assessed(assessment)));
    rows.push(("Review", review(assessment.review)));
    rows
}

fn assessed(assessment: &Assessment) -> String {
    let Assessment { assessed_at, elapsed_ms, runner, decoder, .. } = assessment;
    let took = times::lasting(*elapsed_ms);
    format!("{} in {took}, {runner}, {decoder}", times::when(assessed_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_paths() {
        assert_eq!(split("news/東京.mp4"), ("news/".into(), "東京.mp4".into()));
        assert_eq!(split("clip.mp4"), (String::new(), "clip.mp4".into()));
        assert_eq!(split("odd/"), (String::new(), "odd/".into()));
    }

    #[test]
    fn sizes_read_like_a_file_manager() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(3_481_220), "3.5 MB");
        assert_eq!(size(999_949), "999.9 kB");
    }
}

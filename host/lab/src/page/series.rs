//! How bundles are told apart in tables and drawings: by letter, by dashes, and last by colour.

use maud::{Markup, html};

use crate::evaluate::BundleReport;
use veritag::assessment::wording::visible;

/// Bundles beyond share the last style of line; their letters differ.
const STYLES: usize = 4;

/// A, B, C, …
pub fn letter(nth: usize) -> char {
    char::from(b'A' + (nth % 26) as u8)
}

/// The CSS class of a bundle's lines.
pub fn class(nth: usize) -> String {
    format!("series-{}", nth.min(STYLES - 1) + 1)
}

pub fn chip(nth: usize) -> Markup {
    html! { span class={ "chip " (class(nth)) } { (letter(nth)) } }
}

/// The key of a drawing: letter, line, name.
pub fn key(bundles: &[BundleReport]) -> Markup {
    html! {
        @for (nth, bundle) in bundles.iter().enumerate() {
            span.entry {
                (chip(nth))
                svg width="30" height="10" aria-hidden="true" { line class={ "line " (class(nth)) } x1="0" x2="30" y1="5" y2="5" {} }
                bdi { (visible(&bundle.about.model.name)) }
            }
        }
    }
}

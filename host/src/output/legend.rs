//! What the report's words and drawings mean.

use maud::{Markup, html};
use veritag_abi::Verdict;

use super::badge::badge;

const VERDICTS: [(Verdict, &str); 4] = [
    (Verdict::Fake, "The score lies above the unsure band. Have a person look before the asset is used or refused."),
    (Verdict::Unsure, "The score lies within the band around the threshold: too close to call. A person should look."),
    (
        Verdict::Real,
        "The score lies below the band in what was looked at. That is no proof of authenticity: the model misses kinds of manipulation that it was not trained on.",
    ),
    (
        Verdict::NotAssessed,
        "There was nothing that the model can judge, and the reason is given. It says nothing about the asset either way.",
    ),
];

/// How to read the page: what a score is and is not.
pub fn legend() -> Markup {
    html! {
        section.legend {
            h2 { "How to read this" }
            p { "A " strong { "score" } " is the model’s estimate, from 0 to 1, that faces were manipulated. It is not evidence of origin: it does not say who made a file, when, or how. Nobody has reviewed an asset unless its review says so." }
            dl {
                @for (verdict, meaning) in VERDICTS { div { dt { (badge(verdict)) } dd { (meaning) } } }
            }
            p.key {
                span { svg width="26" height="14" { rect.bar.unsure x="0" y="2" width="8" height="12" {} rect.bar.fake x="12" y="0" width="8" height="14" {} } "a window of frames, as high as its score" }
                span { svg width="26" height="14" { rect.bar.none x="1" y="1" width="10" height="12" {} } "a window without a face to judge" }
                span { svg width="26" height="14" { line.threshold x1="0" x2="26" y1="7" y2="7" {} } "threshold" }
                span { svg width="26" height="14" { rect.band width="26" height="14" {} } "unsure band" }
                span { svg width="26" height="14" { rect.gap width="26" height="14" {} } "not looked at" }
            }
        }
    }
}

/// The hatching that the page's drawings share.
pub fn patterns() -> Markup {
    html! {
        svg.patterns aria-hidden="true" width="0" height="0" {
            defs {
                pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    line x1="0" y1="0" x2="0" y2="7" {}
                }
            }
        }
    }
}

//! How a verdict is marked.

use maud::{Markup, html};
use veritag_abi::Verdict;

use crate::assessment::wording;

/// A verdict in words, with a mark of its own shape so that colour is never alone.
pub fn badge(verdict: Verdict) -> Markup {
    html! { span class={ "badge " (class(verdict)) } { (wording::verdict(verdict)) } }
}

/// The CSS class of a verdict.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fake => "fake",
        Verdict::Unsure => "unsure",
        Verdict::Real => "real",
        Verdict::NotAssessed => "none",
    }
}

//! What genuine assets and fakes were called.

use maud::{Markup, html};

use super::series;
use crate::evaluate::BundleReport;
use veritag::assessment::wording;
use veritag::output::Counts;
use veritag::output::badge;

pub fn verdicts(bundles: &[BundleReport]) -> Markup {
    html! {
        section {
            h2 { "What they were called" }
            div.scroll {
                table.called {
                    thead { tr { th { "Model" } th { "Assets" } @for (verdict, _) in Counts::default().each() { th.num { (badge(verdict)) } } } }
                    @for (nth, bundle) in bundles.iter().enumerate() {
                        tbody {
                            (row(nth, "genuine", bundle.measured.real))
                            (row(nth, "fake", bundle.measured.fake))
                        }
                    }
                }
            }
            (reasons(bundles))
        }
    }
}

fn row(nth: usize, class: &str, called: Counts) -> Markup {
    html! {
        tr {
            td { (series::chip(nth)) }
            td { (called.total()) " " (class) }
            @for (_, number) in called.each() { td.num { strong { (number) } span.interval { (share(number, called.total())) } } }
        }
    }
}

fn share(number: u64, of: u64) -> String {
    match of {
        0 => String::new(),
        _ => format!("{:.0} %", number as f64 / of as f64 * 100.0),
    }
}

fn reasons(bundles: &[BundleReport]) -> Markup {
    html! {
        @for (nth, bundle) in bundles.iter().enumerate() {
            @if !bundle.measured.reasons.is_empty() {
                p.quiet.reasons {
                    (series::chip(nth)) " not assessed: "
                    @for (place, (reason, number)) in bundle.measured.reasons.iter().enumerate() {
                        @if place > 0 { ", " }
                        (number) " because " (wording::reason(*reason))
                    }
                    "."
                }
            }
        }
    }
}

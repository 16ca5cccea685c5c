//! The figures on degraded copies.

use maud::{Markup, html};

use super::{breakdowns, estimate};
use crate::evaluate::BundleReport;
use crate::evaluate::bundle_report::{ALIKE, Condition};
use veritag::assessment::wording::visible;

pub fn robustness(bundles: &[BundleReport]) -> Markup {
    let conditions = bundles.first().map_or(&[][..], |bundle| &bundle.robustness);
    html! {
        @if !conditions.is_empty() {
            section {
                h2 { "After what happens to media on their way" }
                p.quiet { "The same assets, each copied with ffmpeg. Below each copy’s AUC stands its change from the originals, over the assets assessed as both, and how many of these keep their score, give or take " (ALIKE) "." }
                div.scroll {
                    table.parts {
                        thead { (breakdowns::head("copies")) }
                        tbody { @for (nth, bundle) in bundles.iter().enumerate() {
                            tr { (first(nth, bundles.len(), "as they are")) (breakdowns::cells(nth, &bundle.measured, &html! {})) }
                        } }
                        @for condition in conditions { tbody { (rows(condition, bundles)) } }
                    }
                }
            }
        }
    }
}

fn rows(condition: &Condition, bundles: &[BundleReport]) -> Markup {
    let same = |bundle: &BundleReport| bundle.robustness.iter().find(|other| other.name == condition.name).cloned();
    let found: Vec<(usize, Condition)> =
        bundles.iter().enumerate().filter_map(|(nth, bundle)| Some((nth, same(bundle)?))).collect();
    html! {
        @for (place, (nth, condition)) in found.iter().enumerate() {
            tr {
                (first(place, found.len(), &condition.words))
                (breakdowns::cells(*nth, &condition.measured, &change(condition)))
            }
        }
    }
}

fn change(condition: &Condition) -> Markup {
    html! {
        span.change { "change " (estimate::difference(condition.auc_change)) }
        @if let Some(share) = condition.alike { span.change { "score kept by " (estimate::share(share)) } }
    }
}

fn first(place: usize, rows: usize, words: &str) -> Markup {
    html! { @if place == 0 { th scope="rowgroup" rowspan=(rows) { (visible(words)) } } }
}

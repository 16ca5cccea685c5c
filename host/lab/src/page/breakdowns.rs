//! The figures by part, one table for each way of telling assets apart.

use maud::{Markup, html};

use super::{estimate, series};
use crate::evaluate::breakdown::{Breakdown, Dimension};
use crate::evaluate::{BundleReport, Measured, Metric};
use veritag::assessment::wording::visible;

/// Shown beside the AUC; the last two on wide screens only.
const OTHERS: [Metric; 4] = [Metric::FalseFlags, Metric::Missed, Metric::Unsure, Metric::NotAssessed];

pub fn breakdowns(bundles: &[BundleReport]) -> Markup {
    let all: Vec<&Breakdown> = bundles.first().map_or_else(Vec::new, |bundle| bundle.breakdowns.iter().collect());
    let (told, alike): (Vec<&Breakdown>, Vec<&Breakdown>) = all.into_iter().partition(|breakdown| tells(breakdown));
    html! {
        section {
            h2 { "Part by part" }
            @for breakdown in told { (table(&breakdown.by, bundles)) }
            @for breakdown in alike { @for part in &breakdown.parts {
                p.quiet { "All assets are of one " (visible(breakdown.by.name())) ": " (visible(&part.name)) "." }
            } }
        }
    }
}

fn tells(breakdown: &Breakdown) -> bool {
    breakdown.parts.len() > 1
}

fn table(by: &Dimension, bundles: &[BundleReport]) -> Markup {
    html! {
        h3 { "By " (visible(by.name())) }
        @if *by == Dimension::Generator { p.quiet { "The fakes of each generator against all genuine assets of the same source, split and kind." } }
        div.scroll {
            table.parts {
                thead { (head(&visible(by.name()))) }
                @for name in names(by, bundles) { tbody { (rows(by, &name, bundles)) } }
            }
        }
    }
}

/// The parts of all bundles: what is seen of a face may differ between them.
fn names(by: &Dimension, bundles: &[BundleReport]) -> Vec<String> {
    let parts = bundles.iter().flat_map(|bundle| &bundle.breakdowns).filter(|b| b.by == *by).flat_map(|b| &b.parts);
    let mut names = Vec::new();
    for part in parts {
        if !names.contains(&part.name) {
            names.push(part.name.clone());
        }
    }
    names
}

/// The heading of a table of parts or conditions.
pub fn head(first: &str) -> Markup {
    html! {
        tr {
            th { (first) } th { span.sr { "Model" } } th { "AUC" }
            @for (nth, metric) in OTHERS.into_iter().enumerate() { th.num.wide-only[nth > 1] { (metric.name()) } }
        }
    }
}

fn rows(by: &Dimension, name: &str, bundles: &[BundleReport]) -> Markup {
    let part = |bundle: &BundleReport| {
        let mut parts = bundle.breakdowns.iter().filter(|b| b.by == *by).flat_map(|b| &b.parts);
        parts.find(|part| part.name == name).map(|part| part.measured.clone())
    };
    let found: Vec<(usize, Measured)> =
        bundles.iter().enumerate().filter_map(|(nth, bundle)| Some((nth, part(bundle)?))).collect();
    html! {
        @for (place, (nth, measured)) in found.iter().enumerate() {
            tr {
                @if place == 0 {
                    th scope="rowgroup" rowspan=(found.len()) { bdi { (visible(name)) } span.quiet { (size(measured)) } }
                }
                (cells(*nth, measured, &html! {}))
            }
        }
    }
}

fn size(measured: &Measured) -> String {
    format!("{} genuine, {} fake", measured.real.total(), measured.fake.total())
}

/// How many were assessed, where not all were.
fn assessed(measured: &Measured) -> Markup {
    let (some, all) = (measured.assessed(), measured.assets());
    html! { @if some < all { span.change { "of " (some) " assessed" } } }
}

/// The model's letter, its AUC with a note, and the other figures.
pub fn cells(nth: usize, measured: &Measured, note: &Markup) -> Markup {
    html! {
        td { (series::chip(nth)) }
        td.wide { (estimate::cell(Metric::Auc, measured.figure(Metric::Auc))) (note) (assessed(measured)) }
        @for (place, metric) in OTHERS.into_iter().enumerate() {
            td.num.wide-only[place > 1] { (estimate::short(metric, measured.figure(metric))) }
        }
    }
}

//! How the model does on this site's own assets, by blind decisions.

use std::sync::Arc;

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::access::Viewer;
use super::fault::Fault;
use super::{Pages, layout};
use crate::calibration::{Case, Limits, Rates, advise, counts, rates, too_few};
use crate::output::gauge::percent;

const THRESHOLDS: [f32; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/// Bars of the histogram.
const BINS: usize = 20;
const HEIGHT: f64 = 90.0;
/// Side of the ROC curve's square.
const SIDE: f64 = 260.0;

#[derive(Deserialize)]
pub struct Asked {
    /// Share of uploads that are fake, in percent.
    #[serde(default = "usual")]
    base_rate: f64,
    /// Also decisions after seeing the score.
    #[serde(default)]
    seen: bool,
}

fn usual() -> f64 {
    1.0
}

pub async fn page(
    State(pages): State<Arc<Pages>>,
    Viewer(person): Viewer,
    Query(Asked { base_rate, seen }): Query<Asked>,
) -> Result<Markup, Fault> {
    let records = &pages.assessor.records;
    let id = &pages.assessor.scanner.pool.bundle().id;
    let model = format!("{} {}", id.name, id.version);
    let cases: Vec<Case> = records.labelled().await?.iter().filter_map(|one| one.case(&model, !seen)).collect();
    let base_rate = if base_rate.is_finite() { base_rate.clamp(0.0, 100.0) } else { usual() };
    let profile = records.profile(&model).await?;
    let [fake, genuine] = counts(&cases);
    let body = html! {
        main {
            h1 { "Calibration" }
            p { (model) " on " (fake) " fake and " (genuine) " genuine assets that people decided on" @if !seen { " before they saw the score" } "." }
            @if let Some(few) = too_few(&cases) { p.problem { (few) "." } }
            form.inline action="/review/calibration" {
                label for="base_rate" { "Fakes among uploads, in %" }
                input id="base_rate" name="base_rate" type="number" min="0" max="100" step="any" value=(base_rate);
                label { input type="checkbox" name="seen" value="true" checked[seen]; " also decisions after seeing the score" }
                button type="submit" { "Show" }
            }
            @if fake + genuine > 0 {
                (histogram(&cases))
                (roc(&cases))
                (table(&rates(&cases, &THRESHOLDS, base_rate / 100.0)))
            }
            @match advise(&cases, Limits::default()) {
                Some(advice) => p { (format!("Real up to {:.3} and fake from {:.3} flag at most 2 % of genuine assets and miss at most 10 % of fakes, with 95 % confidence; {:.0} % stay unsure.", advice.band[0], advice.band[1], 100.0 * advice.unsure)) " " code { "veritag calibrate --save" } " has later assessments follow them." },
                None => p { "No band flags at most 2 % of genuine assets and misses at most 10 % of fakes with 95 % confidence: decide on more assets." },
            }
            @if let Some(profile) = profile { p.quiet { (format!("Profile {} counts now: real up to {:.3}, fake from {:.3}.", profile.number, profile.band[0], profile.band[1])) } }
        }
    };
    Ok(layout::page("calibration", &person, "/review/calibration", body))
}

fn histogram(cases: &[Case]) -> Markup {
    let mut bins = [[0usize; 2]; BINS];
    for case in cases {
        bins[((case.score * BINS as f32) as usize).min(BINS - 1)][usize::from(case.is_fake)] += 1;
    }
    let most = bins.iter().flatten().copied().max().unwrap_or(0).max(1) as f64;
    let bar = |nth: usize, kind: usize, number: usize| {
        let (x, tall) = ((nth as f64 + 0.1 + 0.42 * kind as f64) / BINS as f64, HEIGHT * number as f64 / most);
        let class = ["bar real", "bar fake"][kind];
        html! { rect class=(class) x=(percent(x)) width=(percent(0.38 / BINS as f64)) y=(HEIGHT - tall) height=(tall) {} }
    };
    html! {
        figure.histogram {
            svg role="img" aria-label="Scores of genuine and of fake assets" height=(HEIGHT + 22.0) {
                rect.plot x="0" y="0" width="100%" height=(HEIGHT) {}
                @for (nth, bin) in bins.iter().enumerate() { @for (kind, number) in bin.iter().enumerate() { (bar(nth, kind, *number)) } }
                text.axis x="0" y=(HEIGHT + 16.0) { "score 0" }
                text.axis.end x="100%" y=(HEIGHT + 16.0) { "1" }
            }
            figcaption { span.swatch.real { "genuine" } " " span.swatch.fake { "fake" } ", by score; the tallest bar is " (most) "." }
        }
    }
}

fn roc(cases: &[Case]) -> Markup {
    let mut scores: Vec<f32> = cases.iter().map(|case| case.score).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    scores.dedup();
    let point = |at: &Rates| format!("{:.1},{:.1}", SIDE * at.false_flags, SIDE * (1.0 - at.recall));
    let points: Vec<String> = rates(cases, &scores, 0.5).iter().map(point).collect();
    html! {
        figure.roc {
            svg role="img" aria-label="Share of fakes found against share of genuine assets flagged" width=(SIDE) height=(SIDE) viewBox={ "0 0 " (SIDE) " " (SIDE) } {
                rect.plot x="0" y="0" width=(SIDE) height=(SIDE) {}
                line.tick x1="0" y1=(SIDE) x2=(SIDE) y2="0" {}
                polyline.curve points={ "0," (SIDE) " " (points.join(" ")) } {}
            }
            figcaption { "Fakes found (up) against genuine assets flagged (right): the nearer the upper left corner, the better." }
        }
    }
}

fn table(rates: &[Rates]) -> Markup {
    let share = |share: f64, [low, high]: [f64; 2]| {
        format!("{:.1} % ({:.1} to {:.1})", 100.0 * share, 100.0 * low, 100.0 * high)
    };
    html! {
        table.rates {
            thead { tr { th { "Fake from" } th { "Fakes found" } th { "Genuine flagged" } th.num { "per 10,000 uploads" } th.num { "Precision" } } }
            tbody {
                @for at in rates {
                    tr {
                        td { (format!("{:.1}", at.threshold)) }
                        td { (share(at.recall, at.recall_interval)) }
                        td { (share(at.false_flags, at.false_flags_interval)) }
                        td.num { (format!("{:.0}", at.false_flags_per_10000)) }
                        td.num { @if let Some(precision) = at.precision { (format!("{:.1} %", 100.0 * precision)) } }
                    }
                }
            }
        }
    }
}

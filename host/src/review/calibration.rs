//! How the model does on this site's own assets, by blind decisions.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;

use super::access::{Admin, Viewer};
use super::fault::Fault;
use super::{Pages, layout};
use crate::calibration::{Advice, Case, Limits, Profile, Rates, Report, rates};
use crate::config::Role;
use crate::output::gauge::percent;
use crate::people::Person;

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
    let base_rate = if base_rate.is_finite() { base_rate.clamp(0.0, 100.0) } else { usual() };
    let (report, cases) = report(&pages, base_rate / 100.0, seen).await?;
    let profile = pages.assessor.records.profile(&report.model).await?;
    let body = html! {
        main {
            h1 { "Calibration" }
            p { (report.model) " on " (report.fake) " fake and " (report.genuine) " genuine assets that people decided on" @if !seen { " before they saw the score" } "." }
            @if let Some(few) = &report.too_few { p.problem { (few) "." } }
            form.inline action="/review/calibration" {
                label for="base_rate" { "Fakes among uploads, in %" }
                input id="base_rate" name="base_rate" type="number" min="0" max="100" step="any" value=(base_rate);
                label { input type="checkbox" name="seen" value="true" checked[seen]; " also decisions after seeing the score" }
                button type="submit" { "Show" }
            }
            @if !cases.is_empty() {
                (histogram(&cases))
                (roc(&cases))
                (table(&report.rates))
            }
            (advised(&report, seen, &person))
            @if let Some(profile) = profile { p.quiet { (format!("Profile {} counts now: real up to {:.3}, fake from {:.3}.", profile.number, profile.band[0], profile.band[1])) } }
        }
    };
    Ok(layout::page("calibration", &person, "/review/calibration", body))
}

/// Keeps the band that is advised as the next profile.
pub async fn save(
    State(pages): State<Arc<Pages>>,
    Admin(person): Admin,
    Query(Asked { seen, .. }): Query<Asked>,
) -> Result<Redirect, Fault> {
    let (report, _) = report(&pages, 0.5, seen).await?;
    let advice = report.advice.ok_or_else(|| Fault::Form("no band keeps the limits for sure".into()))?;
    pages.assessor.records.keep_profile(&Profile::advised(report.model, &advice), &person.name).await?;
    Ok(Redirect::to("/review/calibration"))
}

async fn report(pages: &Pages, base_rate: f64, seen: bool) -> Result<(Report, Vec<Case>), Fault> {
    let model = pages.assessor.scanner.pool.bundle().id.to_string();
    let cases = pages.assessor.records.cases(&model, !seen).await?;
    Ok((Report::new(model, &cases, base_rate, Limits::default()), cases))
}

fn advised(report: &Report, seen: bool, person: &Person) -> Markup {
    html! {
        @match &report.advice {
            Some(Advice { band: [low, high], unsure }) => {
                p { (format!("Real up to {low:.3} and fake from {high:.3} flag at most 2 % of genuine assets and miss at most 10 % of fakes, with 95 % confidence; {:.0} % stay unsure.", 100.0 * unsure)) }
                @if person.role >= Role::Admin {
                    form method="post" action=(format!("/review/calibration?seen={seen}")) {
                        button.primary type="submit" { "Have later assessments follow this" }
                    }
                }
            },
            None => p { "No band flags at most 2 % of genuine assets and misses at most 10 % of fakes with 95 % confidence: decide on more assets." },
        }
    }
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

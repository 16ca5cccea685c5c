//! Verdicts by day: whether the model still says different things of different assets.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use super::access::Viewer;
use super::fault::Fault;
use super::{Pages, layout};
use crate::records::{Cell, Filter};

/// Days that are shown: the last ones.
const DAYS: usize = 30;
/// From so many assessed assets on, nearly all of them alike are worth a look.
const MIN_ALARM: i64 = 50;
const NEARLY_ALL: f64 = 0.98;
const KINDS: [(&str, &str); 4] = [("fake", "fake"), ("unsure", "unsure"), ("real", "real"), ("not_assessed", "none")];

type Days<'a> = BTreeMap<&'a str, BTreeMap<&'a str, i64>>;

pub async fn page(State(pages): State<Arc<Pages>>, Viewer(person): Viewer) -> Result<Markup, Fault> {
    let cells = pages.assessor.records.cells(&Filter::default()).await?;
    let body = html! {
        main {
            h1 { "Trends" }
            p.quiet { "Verdicts of the last " (DAYS) " days on which assets were assessed, by model." }
            @for (model, days) in by_model(&cells) {
                section {
                    h2 { (if model.is_empty() { "no model" } else { model }) }
                    @if let Some(alarm) = alarm(&days) { p.problem role="alert" { (alarm) } }
                    (table(&days))
                }
            }
        }
    };
    Ok(layout::page("trends", &person, "/review/trends", body))
}

fn by_model(cells: &[Cell]) -> BTreeMap<&str, Days<'_>> {
    let mut models: BTreeMap<&str, Days> = BTreeMap::new();
    for cell in cells {
        let days = models.entry(&cell.model).or_default();
        *days.entry(&cell.day).or_default().entry(&cell.verdict).or_default() += cell.number;
    }
    models
}

/// That nearly all of the last day's assets got the same verdict, if there were many.
fn alarm(days: &Days<'_>) -> Option<String> {
    let (day, verdicts) = days.last_key_value()?;
    let all: i64 = verdicts.values().sum();
    let (verdict, most) = verdicts.iter().max_by_key(|(_, number)| **number)?;
    let alike = all >= MIN_ALARM && *most as f64 >= NEARLY_ALL * all as f64;
    alike.then(|| {
        let verdict = verdict.replace('_', " ");
        format!(
            "{most} of {all} assets of {day} are {verdict}: look at some, for the model or the uploads may have changed"
        )
    })
}

fn table(days: &Days<'_>) -> Markup {
    html! {
        table.trend {
            thead { tr { th { "Day" } th { "Share" } @for (name, _) in KINDS { th.num { (name.replace('_', " ")) } } } }
            tbody { @for (day, verdicts) in days.iter().rev().take(DAYS) { (row(day, verdicts)) } }
        }
    }
}

fn row(day: &str, verdicts: &BTreeMap<&str, i64>) -> Markup {
    let number = |name: &str| verdicts.get(name).copied().unwrap_or(0);
    let all = verdicts.values().sum::<i64>().max(1) as f64;
    let mut x = 0.0;
    let parts = KINDS.map(|(name, class)| {
        let (from, width) = (x, 100.0 * number(name) as f64 / all);
        x += width;
        html! { rect class={ "bar " (class) } x={ (from) "%" } y="0" width={ (width) "%" } height="14" {} }
    });
    html! {
        tr {
            td { (day) }
            td.share { svg aria-hidden="true" height="14" { @for part in &parts { (part) } } }
            @for (name, _) in KINDS { td.num { (number(name)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(verdict: &str, number: i64) -> Cell {
        let [source, model, reason, review] = ["own", "m 1", "", "not_reviewed"].map(str::to_owned);
        Cell { verdict: verdict.into(), review, source, model, reason, day: "2026-11-27".into(), number }
    }

    #[test]
    fn the_same_of_nearly_all_is_worth_a_look() {
        let alarmed = |cells: &[Cell]| alarm(&by_model(cells)["m 1"]).is_some();
        assert!(alarmed(&[cell("real", 99), cell("fake", 1)]));
        assert!(!alarmed(&[cell("real", 90), cell("fake", 10)]));
        assert!(!alarmed(&[cell("real", 20)]), "chance does that");
    }
}

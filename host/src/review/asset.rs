//! The page of one asset: what it is, what the model says, where, and what people say.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::access::Viewer;
use super::fault::Fault;
use super::filters::{address, known};
use super::{Pages, decide, faces, lanes, layout, media};
use crate::assessment::wording::{self, visible};
use crate::assessment::{Assessment, Review, provenance, times};
use crate::output::{badge, facts, gauge::gauge};
use crate::people::Person;
use crate::records::{Filter, Item, ReviewRecord};

/// What the address of an asset says beside the filter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct View {
    /// Show what the model says before deciding, though people decide blind here.
    reveal: bool,
    undo: String,
}

/// Everything that the page shows.
struct Shown {
    item: Item,
    filter: Filter,
    /// The newest first.
    assessments: Vec<Assessment>,
    reviews: Vec<ReviewRecord>,
    previous: Option<String>,
    next: Option<String>,
    /// What the model says is hidden until the person has decided.
    hidden: bool,
}

pub async fn page(
    State(pages): State<Arc<Pages>>,
    Viewer(person): Viewer,
    Path(sha256): Path<String>,
    Query(filter): Query<Filter>,
    Query(view): Query<View>,
) -> Result<Markup, Fault> {
    let records = &pages.assessor.records;
    let item = records.item(&sha256).await?.ok_or(Fault::NotFound("asset"))?;
    let reviews = records.reviews(&sha256).await?;
    let decided = reviews.iter().any(|review| review.reviewer == person.name);
    let shown = Shown {
        assessments: records.assessments(&sha256).await?,
        previous: records.neighbour(&filter, &item, true).await?,
        next: records.neighbour(&filter, &item, false).await?,
        hidden: pages.settings.blind && !view.reveal && !decided,
        filter,
        item,
        reviews,
    };
    let body = html! {
        (decide::undo_bar(&view.undo, &shown.filter))
        main.asset-page { (content(&shown, &person)) }
    };
    Ok(layout::page(&visible(&shown.item.name), &person, "", body))
}

fn content(shown: &Shown, person: &Person) -> Markup {
    let Some(assessment) = shown.assessments.first() else { return html! { p { "Nothing is known of it." } } };
    let sha256 = &shown.item.asset;
    html! {
        (steps(shown))
        header.asset-head {
            h1 { bdi { (visible(&shown.item.name)) } }
            @if shown.hidden {
                p.quiet { "The model’s answer is hidden until you decide. " a href=(reveal(shown)) { "Show it now" } }
            } @else {
                (badge(assessment.verdict))
            }
        }
        (credentials(assessment))
        @if !shown.hidden { (says(assessment)) }
        (decide::form(&shown.item, &shown.filter, person, shown.hidden))
        (media::player(sha256, assessment))
        @if let Some(lanes) = lanes::drawing(assessment, shown.hidden) { (lanes) }
        (faces::strip(sha256, assessment, shown.hidden))
        @if !shown.hidden {
            (history(&shown.reviews))
            (others(&shown.assessments))
            (details(assessment))
        }
    }
}

fn steps(shown: &Shown) -> Markup {
    let to = |sha256: &String| address(&format!("/review/assets/{sha256}"), &shown.filter, &[]);
    html! {
        nav.steps aria-label="Assets" {
            a href=(address("/review", &shown.filter, &[])) id="queue" { "Queue" }
            @if let Some(sha256) = &shown.previous { a rel="prev" id="previous" href=(to(sha256)) { "Previous " kbd { "k" } } }
            @if let Some(sha256) = &shown.next { a rel="next" id="next" href=(to(sha256)) { "Next " kbd { "j" } } }
        }
    }
}

fn reveal(shown: &Shown) -> String {
    address(&format!("/review/assets/{}", shown.item.asset), &shown.filter, &[("reveal", "true")])
}

/// What the file says of its own making, apart from what the model says.
fn credentials(assessment: &Assessment) -> Markup {
    let found = assessment.credentials.as_ref();
    html! {
        section.credentials aria-label="Content Credentials" {
            p { (visible(&provenance::sentence(found))) }
            @if let Some(claims) = found.and_then(provenance::claims) { p { (visible(&claims)) } }
        }
    }
}

fn says(assessment: &Assessment) -> Markup {
    html! {
        p.text id="sentence" { (assessment.text) }
        p { button.small type="button" data-copy="sentence" hidden { "Copy this sentence" } }
        @if let Some(gauge) = gauge(assessment) { (gauge) }
    }
}

fn history(reviews: &[ReviewRecord]) -> Markup {
    html! {
        @if !reviews.is_empty() {
            section.history aria-labelledby="decisions" {
                h2 id="decisions" { "Decisions" }
                ol reversed {
                    @for review in reviews {
                        li {
                            strong { (known::<Review>(&review.review).map_or(review.review.clone(), wording::review)) }
                            " by " (visible(&review.reviewer)) ", " (times::when(&review.reviewed_at))
                            @match review.saw_score {
                                Some(0) => { ", before seeing the score" },
                                Some(_) => { ", after seeing the score" },
                                None => {},
                            }
                            @if let Some(note) = &review.note { p.note { (visible(note)) } }
                        }
                    }
                }
            }
        }
    }
}

/// What other models say, the newest of which counts.
fn others(assessments: &[Assessment]) -> Markup {
    html! {
        @if assessments.len() > 1 {
            section {
                h2 { "Other models" }
                ul {
                    @for earlier in &assessments[1..] {
                        li {
                            @if let Some(model) = &earlier.model { (model.name) " " (model.version) ": " }
                            (wording::verdict(earlier.verdict))
                            @if let Some(score) = earlier.score { " (" (wording::score(score)) ")" }
                            ", " (times::when(&earlier.assessed_at))
                        }
                    }
                }
            }
        }
    }
}

fn details(assessment: &Assessment) -> Markup {
    html! {
        details.numbers {
            summary { "Numbers, model, hashes" }
            @if !assessment.blind_to.is_empty() { p { "The model was not made to find " (assessment.blind_to.join(" and ")) "." } }
            (facts(assessment))
        }
    }
}

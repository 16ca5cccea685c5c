//! Decisions: on one asset and on to the next, on many at once, and taking them back.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, RawForm, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::Pages;
use super::access::Reviewer;
use super::fault::Fault;
use super::filters::{address, known};
use super::layout;
use crate::assessment::{Review, plain_name, wording};
use crate::config::Role;
use crate::database::{new_id, storable};
use crate::jobs::{self, MAX_AT_ONCE};
use crate::people::Person;
use crate::records::{Decision, Filter, Item};

/// What can be decided, in words, and the key for it.
pub const CHOICES: [(Review, &str, &str); 3] = [
    (Review::ReviewedAsFake, "Fake", "f"),
    (Review::ReviewedAsReal, "Real", "r"),
    (Review::ReviewedAsUnsure, "Cannot tell", "u"),
];
const MAX_NOTE: usize = 2000;

/// A form's fields, of which some may come several times.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(body: &[u8]) -> Result<Self, Fault> {
        serde_urlencoded::from_bytes(body).map(Self).map_err(|error| Fault::Form(error.to_string()))
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    fn one(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
        found.filter(|value| !value.is_empty())
    }

    fn review(&self) -> Result<Review, Fault> {
        let review = self.one("review").and_then(known);
        review.ok_or_else(|| Fault::Form("`review` names no decision".into()))
    }

    fn note(&self) -> Result<Option<String>, Fault> {
        let note = self.one("note").map(storable);
        if note.as_ref().is_some_and(|note| note.chars().count() > MAX_NOTE) {
            return Err(Fault::Form(format!("the note has more than {MAX_NOTE} characters")));
        }
        Ok(note)
    }
}

/// The buttons of an asset's page. `f`, `r`, `u` decide and go on; `w` says that the model is wrong, and asks why.
pub fn form(item: &Item, filter: &Filter, person: &Person, hidden: bool) -> Markup {
    let to = address(&format!("/review/assets/{}", item.asset), filter, &[]);
    html! {
        @if person.role >= Role::Reviewer {
            form.decide id="decide" method="post" action=(to) {
                input type="hidden" name="saw_score" value=(if hidden { "0" } else { "1" });
                div.buttons {
                    @for (review, words, key) in CHOICES {
                        button type="submit" name="review" value=(plain_name(&review)) data-key=(key)
                            aria-pressed=(if !hidden && item.review == plain_name(&review) { "true" } else { "false" }) {
                            (words) " " kbd { (key) }
                        }
                    }
                    @if let Some((review, words)) = opposite(item).filter(|_| !hidden) {
                        button.wrong type="submit" name="review" value=(plain_name(&review)) data-key="w" data-asks="note" {
                            (words) " " kbd { "w" }
                        }
                    }
                    button type="button" data-key="n" data-focus="note" { "Note " kbd { "n" } }
                }
                label for="note" { "Note, kept with the decision" }
                textarea id="note" name="note" rows="1" maxlength=(MAX_NOTE) {}
            }
        }
    }
}

/// What it means that the model is wrong.
fn opposite(item: &Item) -> Option<(Review, &'static str)> {
    match item.verdict.as_str() {
        "fake" => Some((Review::ReviewedAsReal, "Wrong: it is real")),
        "real" => Some((Review::ReviewedAsFake, "Wrong: it is fake")),
        _ => None,
    }
}

/// Says that a decision was kept, and takes it back.
pub fn undo_bar(batch: &str, filter: &Filter) -> Markup {
    html! {
        @if !batch.is_empty() {
            form.undo id="undo" method="post" action=(address("/review/undo", filter, &[])) {
                span role="status" { "Decision kept." }
                input type="hidden" name="batch" value=(batch);
                button type="submit" data-key="z" { "Undo " kbd { "z" } }
            }
        }
    }
}

pub async fn one(
    State(pages): State<Arc<Pages>>,
    Reviewer(person): Reviewer,
    Path(sha256): Path<String>,
    Query(filter): Query<Filter>,
    RawForm(body): RawForm,
) -> Result<Redirect, Fault> {
    let fields = Fields::read(&body)?;
    let records = &pages.assessor.records;
    let item = records.item(&sha256).await?.ok_or(Fault::NotFound("asset"))?;
    // Asked before: the item may leave the filter by being decided.
    let next = records.neighbour(&filter, &item, false).await?;
    let saw_score = fields.one("saw_score").map(|saw| saw == "1");
    let batch = decide(&pages, &person, &[sha256], &fields, saw_score).await?;
    let path = next.map_or("/review".into(), |sha256| format!("/review/assets/{sha256}"));
    Ok(Redirect::to(&address(&path, &filter, &[("undo", &batch)])))
}

/// Says first what would change, then changes it.
pub async fn many(
    State(pages): State<Arc<Pages>>,
    Reviewer(person): Reviewer,
    Query(filter): Query<Filter>,
    RawForm(body): RawForm,
) -> Result<Response, Fault> {
    let fields = Fields::read(&body)?;
    let assets = fields.all("asset");
    if assets.is_empty() || assets.len() > MAX_AT_ONCE {
        return Err(Fault::Form(format!("choose 1 to {MAX_AT_ONCE} assets, {} are chosen", assets.len())));
    }
    if fields.one("sure").is_none() {
        let page = confirmation(&pages, &person, &assets, fields.review()?, &filter).await?;
        return Ok(page.into_response());
    }
    let items = items(&pages, &assets).await?;
    let some_shown = items.iter().any(|item| item.is_shown_to(&person.name));
    let saw_scores = if pages.settings.blind { (!some_shown).then_some(false) } else { Some(true) };
    let batch = decide(&pages, &person, &assets, &fields, saw_scores).await?;
    Ok(Redirect::to(&address("/review", &filter, &[("undo", &batch)])).into_response())
}

async fn decide(
    pages: &Pages,
    person: &Person,
    assets: &[String],
    fields: &Fields,
    saw_score: Option<bool>,
) -> Result<String, Fault> {
    let (batch, note) = (new_id(), fields.note()?);
    let (review, reviewer, note) = (fields.review()?, person.name.as_str(), note.as_deref());
    let decision = Decision { review, reviewer, note, saw_score, batch: Some(&batch), undone_by: None };
    let kept = jobs::review(&pages.assessor.records, assets, &decision).await?;
    if kept.is_empty() { Err(Fault::NotFound("asset")) } else { Ok(batch) }
}

async fn items(pages: &Pages, assets: &[String]) -> Result<Vec<Item>, Fault> {
    let mut items = Vec::new();
    for asset in assets {
        items.extend(pages.assessor.records.item(asset).await?);
    }
    Ok(items)
}

async fn confirmation(
    pages: &Pages,
    person: &Person,
    assets: &[String],
    review: Review,
    filter: &Filter,
) -> Result<Markup, Fault> {
    let items = items(pages, assets).await?;
    let decided = items.iter().filter(|item| item.is_reviewed()).count();
    let body = html! {
        main.narrow {
            h1 { "Mark " (items.len()) " as " (CHOICES.iter().find(|choice| choice.0 == review).map_or("undecided", |choice| choice.1).to_lowercase()) "?" }
            p { (items.len()) @if items.len() == 1 { " asset" } @else { " assets" } ", " (decided) " decided already. Tags and webhooks follow. It can be undone as a whole." }
            ul.names { @for item in &items { li { bdi { (wording::visible(&item.name)) } @if item.is_reviewed() { span.quiet { " decided" } } } } }
            form.stacked method="post" action=(address("/review/decide", filter, &[])) {
                input type="hidden" name="review" value=(plain_name(&review));
                @for item in &items { input type="hidden" name="asset" value=(item.asset); }
                label for="note" { "Note, kept with each" }
                textarea id="note" name="note" rows="2" maxlength=(MAX_NOTE) {}
                div.buttons {
                    button.primary type="submit" name="sure" value="1" { "Mark them" }
                    a.button href=(address("/review", filter, &[])) { "Back" }
                }
            }
        }
    };
    Ok(layout::page("many at once", person, "/review", body))
}

#[derive(Deserialize)]
pub struct Undo {
    batch: String,
}

/// Back to the asset, or to the queue if there were several.
pub async fn undo(
    State(pages): State<Arc<Pages>>,
    Reviewer(person): Reviewer,
    Query(filter): Query<Filter>,
    Form(Undo { batch }): Form<Undo>,
) -> Result<Redirect, Fault> {
    let undone = jobs::undo(&pages.assessor.records, &batch, &person.name).await?;
    let path = if let [asset] = &undone[..] { format!("/review/assets/{asset}") } else { "/review".into() };
    Ok(Redirect::to(&address(&path, &filter, &[])))
}

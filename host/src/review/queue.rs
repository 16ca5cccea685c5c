//! The queue: what there is to look at, and decisions on many assets at once.

use std::sync::Arc;

use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use veritag_abi::{Reason, Verdict};

use super::Pages;
use super::access::Viewer;
use super::fault::Fault;
use super::filters::{address, filters, known, total, undecided};
use super::{decide, layout};
use crate::assessment::{Review, times, wording};
use crate::config::Role;
use crate::output::badge;
use crate::people::Person;
use crate::records::{Filter, Item};

/// Assets of a page.
const PAGE: u32 = 50;

/// What the address of the queue says beside the filter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct View {
    /// From 1 on.
    page: u64,
    /// The batch of decisions that can be undone.
    pub undo: String,
}

/// What one look at the queue shows.
struct Shown {
    filter: Filter,
    items: Vec<Item>,
    total: i64,
    page: u64,
}

pub async fn page(
    State(pages): State<Arc<Pages>>,
    Viewer(person): Viewer,
    RawQuery(query): RawQuery,
    Query(filter): Query<Filter>,
    Query(view): Query<View>,
) -> Result<Response, Fault> {
    if query.is_none_or(|query| query.is_empty()) {
        return Ok(Redirect::to(&address("/review", &undecided(), &[])).into_response());
    }
    let records = &pages.assessor.records;
    let cells = records.cells(&filter).await?;
    let page = view.page.max(1);
    let items = records.items(&filter, PAGE, (page - 1).saturating_mul(PAGE.into()).min(i64::MAX as u64)).await?;
    let shown = Shown { total: total(&cells, &filter), filter, items, page };
    let blind = pages.settings.blind;
    let body = html! {
        (decide::undo_bar(&view.undo, &shown.filter))
        div.columns {
            (filters(&shown.filter, &cells))
            main {
                h1 { "Queue" }
                p.quiet { (shown.total) @if shown.total == 1 { " asset" } @else { " assets" } @if let Some(first) = first_of(&shown) { (first) } }
                (list(&shown, &person, blind))
                (pager(&shown))
            }
        }
    };
    Ok(layout::page("queue", &person, "/review", body).into_response())
}

fn first_of(shown: &Shown) -> Option<Markup> {
    let first = shown.items.first()?;
    let to = asset_address(first, &shown.filter);
    Some(html! { " · " a id="start" href=(to) { "Start with the first" } })
}

fn list(shown: &Shown, person: &Person, blind: bool) -> Markup {
    html! {
        @if shown.items.is_empty() { p.empty { "Nothing here. Choose other filters." } }
        @else {
            form id="many" method="post" action=(address("/review/decide", &shown.filter, &[])) {
                @if person.role >= Role::Reviewer {
                    div.bulk {
                        label { input id="all" type="checkbox"; " All on this page" }
                        span.quiet id="chosen" aria-live="polite" {}
                        @for (review, words, _) in decide::CHOICES {
                            button type="submit" name="review" value=(crate::assessment::plain_name(&review)) { (words) }
                        }
                    }
                }
                ol.cards start=((shown.page - 1) * u64::from(PAGE) + 1) {
                    @for item in &shown.items { (card(item, &shown.filter, person, blind)) }
                }
            }
        }
    }
}

fn card(item: &Item, filter: &Filter, person: &Person, blind: bool) -> Markup {
    let hidden = blind && !item.is_shown_to(&person.name);
    html! {
        li.card {
            @if person.role >= Role::Reviewer {
                input type="checkbox" name="asset" value=(item.asset) aria-label={ "Choose " (wording::visible(&item.name)) };
            }
            a href=(asset_address(item, filter)) {
                img.poster loading="lazy" alt="" src={ "/review/assets/" (item.asset) "/poster" } width="160" height="100";
                span.name { bdi { (wording::visible(&item.name)) } }
            }
            div.says {
                @if hidden { span.quiet { "verdict hidden until you decide" } } @else { (finding(item)) }
                @if let Some(review) = known::<Review>(&item.review).filter(|_| item.is_reviewed()) {
                    p.decided { @if hidden { "decided" } @else { (wording::review(review)) } @if let Some(by) = &item.reviewer { " by " (wording::visible(by)) } }
                }
                p.quiet { (item.source) " · " time datetime=(item.assessed_at) title=(times::when(&item.assessed_at)) { (times::ago(&item.assessed_at, jiff::Timestamp::now())) } }
            }
        }
    }
}

fn finding(item: &Item) -> Markup {
    html! {
        @if let Some(verdict) = known::<Verdict>(&item.verdict) { (badge(verdict)) }
        @if let Some(score) = item.score() { span.points { (wording::score(score)) } }
        @if let Some(reason) = known::<Reason>(&item.reason).filter(|_| item.score.is_none()) {
            p.quiet { (wording::reason(reason)) }
        }
    }
}

fn asset_address(item: &Item, filter: &Filter) -> String {
    address(&format!("/review/assets/{}", item.asset), filter, &[])
}

fn pager(shown: &Shown) -> Markup {
    let last = (shown.total.max(0) as u64).div_ceil(PAGE.into()).max(1);
    let to = |page: u64| address("/review", &shown.filter, &[("page", &page.to_string())]);
    html! {
        @if last > 1 {
            nav.pager aria-label="Pages" {
                @if shown.page > 1 { a rel="prev" href=(to(shown.page - 1)) { "Previous page" } }
                span { "Page " (shown.page) " of " (last) }
                @if shown.page < last { a rel="next" href=(to(shown.page + 1)) { "Next page" } }
            }
        }
    }
}

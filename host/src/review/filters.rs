//! The column of filters beside the queue, each with how many assets it would show.

use std::collections::BTreeMap;

use maud::{Markup, html};
use veritag_abi::{Reason, Verdict};

use crate::assessment::{Review, plain_name, wording};
use crate::records::{Cell, Filter, Order};

/// Days back that the queue can be narrowed to.
const PERIODS: [(i64, &str); 3] = [(0, "today"), (6, "last 7 days"), (29, "last 30 days")];

/// A filter that can be set: its name, its value, and how both are got at.
struct Facet {
    title: &'static str,
    of_cell: fn(&Cell) -> &str,
    of_filter: fn(&mut Filter) -> &mut String,
    words: fn(&str) -> String,
}

const FACETS: [Facet; 5] = [
    Facet { title: "Verdict", of_cell: |c| &c.verdict, of_filter: |f| &mut f.verdict, words: verdict },
    Facet { title: "Review", of_cell: |c| &c.review, of_filter: |f| &mut f.review, words: review },
    Facet { title: "Source", of_cell: |c| &c.source, of_filter: |f| &mut f.source, words: str::to_owned },
    Facet { title: "Model", of_cell: |c| &c.model, of_filter: |f| &mut f.model, words: str::to_owned },
    Facet { title: "Why not assessed", of_cell: |c| &c.reason, of_filter: |f| &mut f.reason, words: reason },
];

/// The address of the queue, or of an asset in it, that a filter leads to.
pub fn address(path: &str, filter: &Filter, more: &[(&str, &str)]) -> String {
    let pairs = serde_json::to_value(filter).expect("plain data serializes");
    let pairs =
        pairs.as_object().into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let query: Vec<String> = pairs.chain(more.iter().copied()).map(|(name, value)| pair(name, value)).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

fn pair(name: &str, value: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
}

/// How many assets a filter shows.
pub fn total(cells: &[Cell], filter: &Filter) -> i64 {
    cells.iter().filter(|cell| shows(filter, cell)).map(|cell| cell.number).sum()
}

fn shows(filter: &Filter, cell: &Cell) -> bool {
    let mut filter = filter.clone();
    let wanted = |facet: &Facet, filter: &mut Filter| {
        let wanted = (facet.of_filter)(filter).clone();
        wanted.is_empty() || wanted == (facet.of_cell)(cell)
    };
    FACETS.iter().all(|facet| wanted(facet, &mut filter)) && (filter.since.is_empty() || cell.day >= filter.since)
}

/// The column.
pub fn filters(filter: &Filter, cells: &[Cell]) -> Markup {
    html! {
        aside.filters aria-label="Filters" {
            (search(filter))
            details open {
                summary { "Filters" }
                section {
                    h2 { "Order" }
                    ul {
                        @for order in Order::ALL {
                            (entry(order_words(order), None, filter.order == order, &Filter { order, ..filter.clone() }))
                        }
                    }
                }
                @for facet in &FACETS { (group(facet, filter, cells)) }
                (periods(filter, cells))
            }
        }
    }
}

fn search(filter: &Filter) -> Markup {
    let rest = Filter { search: String::new(), ..filter.clone() };
    let rest = serde_json::to_value(rest).expect("plain data serializes");
    html! {
        form.search role="search" action="/review" {
            @for (name, value) in rest.as_object().into_iter().flatten() {
                input type="hidden" name=(name) value=(value.as_str().unwrap_or_default());
            }
            label for="search" { "Name or sha256" }
            input id="search" type="search" name="search" value=(filter.search);
        }
    }
}

fn group(facet: &Facet, filter: &Filter, cells: &[Cell]) -> Markup {
    let with = |value: &str| {
        let mut filter = filter.clone();
        *(facet.of_filter)(&mut filter) = value.to_owned();
        filter
    };
    let chosen = (facet.of_filter)(&mut filter.clone()).clone();
    let mut numbers: BTreeMap<&str, i64> = BTreeMap::new();
    let others = with("");
    for cell in cells.iter().filter(|cell| shows(&others, cell)) {
        *numbers.entry((facet.of_cell)(cell)).or_default() += cell.number;
    }
    numbers.remove("");
    if !chosen.is_empty() {
        numbers.entry(chosen.as_str()).or_default();
    }
    html! {
        @if !numbers.is_empty() {
            section {
                h2 { (facet.title) }
                ul {
                    (entry("any", Some(total(cells, &others)), chosen.is_empty(), &others))
                    @for (value, number) in numbers {
                        (entry(&(facet.words)(value), Some(number), chosen == value, &with(value)))
                    }
                }
            }
        }
    }
}

fn periods(filter: &Filter, cells: &[Cell]) -> Markup {
    let any = Filter { since: String::new(), ..filter.clone() };
    let since = |days: i64| {
        let day = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
        Filter { since: day.strftime("%Y-%m-%d").to_string(), ..filter.clone() }
    };
    html! {
        section {
            h2 { "Assessed" }
            ul {
                (entry("any day", Some(total(cells, &any)), filter.since.is_empty(), &any))
                @for (days, words) in PERIODS {
                    @let with = since(days);
                    (entry(words, Some(total(cells, &with)), filter.since == with.since, &with))
                }
            }
        }
    }
}

fn entry(words: &str, number: Option<i64>, chosen: bool, filter: &Filter) -> Markup {
    html! {
        li {
            a href=(address("/review", filter, &[])) aria-current=[chosen.then_some("true")] {
                span { (words) }
                @if let Some(number) = number { " " span.number { (number) } }
            }
        }
    }
}

fn order_words(order: Order) -> &'static str {
    match order {
        Order::Uncertain => "nearest the threshold",
        Order::Score => "highest score",
        Order::Newest => "newest",
    }
}

/// The value that has this name in records, if this version knows it.
pub fn known<T: serde::de::DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(name.into()).ok()
}

fn verdict(name: &str) -> String {
    known::<Verdict>(name).map_or(name.to_owned(), |verdict| wording::verdict(verdict).to_owned())
}

fn review(name: &str) -> String {
    known::<Review>(name).map_or(name.to_owned(), wording::review)
}

fn reason(name: &str) -> String {
    known::<Reason>(name).map_or(name.to_owned(), |reason| wording::reason(reason).to_owned())
}

/// What is left to decide.
pub fn undecided() -> Filter {
    Filter { review: plain_name(&Review::NotReviewed), ..Filter::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(verdict: &str, review: &str, day: &str, number: i64) -> Cell {
        let (source, model, reason) = ("own".into(), "m 1".into(), String::new());
        Cell { verdict: verdict.into(), review: review.into(), source, model, reason, day: day.into(), number }
    }

    #[test]
    fn numbers_are_of_what_a_click_would_show() {
        let cells = [
            cell("fake", "not_reviewed", "2026-11-20", 3),
            cell("fake", "reviewed_as_fake", "2026-11-27", 4),
            cell("real", "not_reviewed", "2026-11-27", 10),
        ];
        assert_eq!(total(&cells, &undecided()), 13);
        let fakes = Filter { verdict: "fake".into(), ..Filter::default() };
        assert_eq!(total(&cells, &fakes), 7);
        assert_eq!(total(&cells, &Filter { since: "2026-11-21".into(), ..fakes.clone() }), 4);
        let column = filters(&fakes, &cells).into_string();
        assert!(column.contains(r#"<span>not reviewed</span> <span class="number">3</span>"#), "{column}");
        assert!(column.contains(r#"<span>no manipulation found</span> <span class="number">10</span>"#), "{column}");
    }

    #[test]
    fn addresses_hold_what_is_set() {
        let filter = Filter { search: "a&b=ü".into(), order: Order::Newest, ..Filter::default() };
        assert_eq!(address("/review", &filter, &[("page", "2")]), "/review?order=newest&search=a%26b%3D%C3%BC&page=2");
        assert_eq!(address("/review", &Filter::default(), &[]), "/review");
    }
}

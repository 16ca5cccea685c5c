//! What every page has: the bar at the top, the style, the script.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use maud::{Markup, html};

use crate::config::Role;
use crate::output::page::document;
use crate::output::{STYLE, legend};
use crate::people::Person;

static SHEET: LazyLock<String> = LazyLock::new(|| format!("{STYLE}\n{}", include_str!("review.css")));
const SCRIPT: &str = include_str!("review.js");

/// A page for somebody who is signed in; `here` is the address of the entry of the bar that it belongs to.
pub fn page(title: &str, person: &Person, here: &str, body: Markup) -> Markup {
    let entries = [
        ("/review", "Queue", Role::Viewer),
        ("/review/second", "Second readings", Role::Reviewer),
        ("/review/agreement", "Agreement", Role::Viewer),
        ("/review/calibration", "Calibration", Role::Viewer),
        ("/review/trends", "Trends", Role::Viewer),
        ("/review/log", "Log", Role::Admin),
    ];
    bare(
        title,
        html! {
            header.bar {
                strong { "Veritag" }
                nav aria-label="Review" {
                    @for (address, name, role) in entries {
                        @if person.role >= role {
                            a href=(address) aria-current=[(address == here).then_some("page")] { (name) }
                        }
                    }
                }
                form method="post" action="/review/sign-out" {
                    span { (person.name) }
                    button type="submit" { "Sign out" }
                }
            }
            (body)
        },
    )
}

/// A page for anybody.
pub fn bare(title: &str, body: Markup) -> Markup {
    let head = html! {
        link rel="stylesheet" href="/review/style.css";
        script src="/review/script.js" defer {}
    };
    let body = html! {
        body.review {
            (legend::patterns())
            (body)
        }
    };
    document(title, head, body)
}

pub async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css"), (CACHE_CONTROL, "no-cache")], SHEET.as_str()).into_response()
}

pub async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript"), (CACHE_CONTROL, "no-cache")], SCRIPT).into_response()
}

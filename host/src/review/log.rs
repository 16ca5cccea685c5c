//! Who did what.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use super::access::Admin;
use super::fault::Fault;
use super::{Pages, layout};
use crate::assessment::{times, wording};
use crate::records::AuditRecord;

/// Rows that are shown: the last ones.
const SHOWN: i64 = 200;

pub async fn page(State(pages): State<Arc<Pages>>, Admin(person): Admin) -> Result<Markup, Fault> {
    let records = &pages.assessor.records;
    let (rows, state) = (records.last_audit(SHOWN).await?, records.verify_audit().await?);
    let body = html! {
        main {
            h1 { "Log" }
            @match state {
                Ok((number, hash)) => {
                    p { (number) " rows, unbroken." }
                    @if !hash.is_empty() { p.quiet { "The last hash: " code { (hash) } ". Keep it elsewhere: nobody can then change a row unseen." } }
                },
                Err(tampering) => p.problem role="alert" { "The log was changed: " (tampering) "." },
            }
            table.log {
                thead { tr { th { "#" } th { "When" } th { "Who" } th { "What" } th { "Of" } th { "Details" } } }
                tbody { @for row in &rows { (line(row)) } }
            }
        }
    };
    Ok(layout::page("log", &person, "/review/log", body))
}

fn line(row: &AuditRecord) -> Markup {
    let of = row.subject.get(..12).unwrap_or(&row.subject);
    html! {
        tr {
            td { (row.number) }
            td { (times::when(&row.at)) }
            td { (wording::visible(&row.actor)) }
            td { (row.action) }
            td { @if row.subject.len() == 64 { a href={ "/review/assets/" (row.subject) } { code { (of) } } } @else { (wording::visible(of)) } }
            td { code { (wording::visible(&row.details)) } }
        }
    }
}

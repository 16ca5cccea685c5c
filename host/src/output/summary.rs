//! The table at the top of the report: one row per asset, linked to its section.

use maud::{Markup, html};

use super::{Entry, article::split, badge::badge};
use crate::assessment::{Assessment, wording};

/// The table, in the order of the run.
pub fn summary(entries: &[Entry]) -> Markup {
    html! {
        section.summary {
            table {
                thead { tr { th { "#" } th { "Asset" } th { "Verdict" } th.num { "Score" } th { "Looked at, or why not" } } }
                tbody {
                    @for (nth, entry) in entries.iter().enumerate() { (row(nth, &entry.assessment)) }
                }
            }
        }
    }
}

fn row(nth: usize, assessment: &Assessment) -> Markup {
    let (directory, name) = split(&assessment.asset.path);
    let reason = assessment.reason.map(|reason| wording::reason(reason).to_owned());
    html! {
        tr {
            td { (nth + 1) }
            td.asset { a href={ "#asset-" (nth + 1) } { bdi { (name) } } @if !directory.is_empty() { span.quiet { bdi { (directory) } } } }
            td { (badge(assessment.verdict)) }
            td.num { (assessment.score.map(wording::score).unwrap_or_default()) }
            td.quiet { (reason.or_else(|| wording::frames_seen(assessment)).unwrap_or_default()) }
        }
    }
}

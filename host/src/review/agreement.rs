//! How far two people agree who have looked at the same assets.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use super::access::Viewer;
use super::fault::Fault;
use super::filters::known;
use super::{Pages, layout};
use crate::assessment::{Review, wording};
use crate::records::Pair;

/// Fewer pairs tell nothing.
const MIN_PAIRS: usize = 20;

/// Cohen's kappa of pairs of answers: 1 is full agreement, 0 what chance gives (Cohen, "A coefficient of agreement for
/// nominal scales", 1960). None if there is no pair, or if chance alone gives full agreement.
pub fn kappa<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<f64> {
    let (mut first, mut second) = (BTreeMap::<_, f64>::new(), BTreeMap::<_, f64>::new());
    let (mut same, mut all) = (0.0, 0.0);
    for (a, b) in pairs {
        *first.entry(a).or_default() += 1.0;
        *second.entry(b).or_default() += 1.0;
        same += f64::from(a == b);
        all += 1.0;
    }
    let by_chance: f64 =
        first.iter().map(|(answer, n)| n * second.get(answer).unwrap_or(&0.0)).sum::<f64>() / all / all;
    let kappa = (same / all - by_chance) / (1.0 - by_chance);
    kappa.is_finite().then_some(kappa)
}

pub async fn page(State(pages): State<Arc<Pages>>, Viewer(person): Viewer) -> Result<Markup, Fault> {
    let pairs = pages.assessor.records.pairs().await?;
    let apart: Vec<&Pair> = pairs.iter().filter(|pair| pair.first_review != pair.review).collect();
    let body = html! {
        main.narrow {
            h1 { "Agreement" }
            p { (summary(&pairs)) }
            @if pairs.len() < MIN_PAIRS { p.quiet { "With fewer than " (MIN_PAIRS) " pairs, this says little." } }
            @if !apart.is_empty() {
                h2 { "Where two people differ" }
                table {
                    thead { tr { th { "Asset" } th { "First" } th { "Second" } } }
                    tbody { @for pair in apart { (row(pair)) } }
                }
            }
        }
    };
    Ok(layout::page("agreement", &person, "/review/agreement", body))
}

fn summary(pairs: &[Pair]) -> String {
    let same = pairs.iter().filter(|pair| pair.first_review == pair.review).count();
    let kappa = kappa(pairs.iter().map(|pair| (pair.first_review.as_str(), pair.review.as_str())));
    let kappa = kappa.map(|kappa| format!(" Cohen’s kappa is {kappa:.2}.")).unwrap_or_default();
    format!("Two people looked at {} assets, and say the same of {same}.{kappa}", pairs.len())
}

fn row(pair: &Pair) -> Markup {
    let words = |name: &str| known::<Review>(name).map_or(name.to_owned(), wording::review);
    html! {
        tr {
            td { a href={ "/review/assets/" (pair.asset) } { code { (pair.asset.get(..12).unwrap_or_default()) "…" } } }
            td { (words(&pair.first_review)) " by " (wording::visible(&pair.first_reader)) }
            td { (words(&pair.review)) " by " (wording::visible(&pair.reader)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kappa_is_as_in_textbooks() {
        // 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.4.
        let table = [("y", "y", 20), ("y", "n", 5), ("n", "y", 10), ("n", "n", 15)];
        let pairs = table.into_iter().flat_map(|(a, b, n)| std::iter::repeat_n((a, b), n));
        assert!((kappa(pairs).unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(kappa([("y", "y"), ("n", "n")]), Some(1.0));
        assert_eq!(kappa([]), None);
        assert_eq!(kappa([("y", "y")]), None, "chance gives as much");
    }
}

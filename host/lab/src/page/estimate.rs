//! A figure as text, and as a mark with its interval on a line from 0 to 1.

use maud::{Markup, html};

use crate::evaluate::Metric;
use crate::evaluate::bootstrap::Estimate;
use veritag::output::gauge::percent;

/// `0.931` for areas and errors, `93 %` for shares; a dash where there is none.
pub fn value(metric: Metric, estimate: Estimate) -> String {
    estimate.value.map_or_else(|| "–".into(), |value| number(metric, value))
}

/// `0.89 to 0.96`, or why there is none.
pub fn interval(metric: Metric, estimate: Estimate) -> Option<String> {
    let [low, high] = estimate.interval?;
    Some(format!("{} to {}", number(metric, low), number(metric, high)))
}

/// A difference with its sign: `+0.012`, `−0.200`, `0.000`.
pub fn signed(difference: f64) -> String {
    match format!("{difference:+.3}").as_str() {
        "+0.000" | "-0.000" => "0.000".into(),
        other => other.replace('-', "−"),
    }
}

/// [`signed`], with its interval.
pub fn difference(estimate: Estimate) -> Markup {
    html! {
        strong { (estimate.value.map_or_else(|| "–".into(), signed)) }
        @if let Some([low, high]) = estimate.interval { span.interval { (signed(low)) " to " (signed(high)) } }
    }
}

/// Value, interval and mark.
pub fn cell(metric: Metric, estimate: Estimate) -> Markup {
    html! {
        strong { (value(metric, estimate)) }
        @if let Some(interval) = interval(metric, estimate) { span.interval { (interval) } }
        (bar(metric, estimate))
    }
}

/// Value alone, in tables that show many.
pub fn short(metric: Metric, estimate: Estimate) -> Markup {
    html! {
        span { (value(metric, estimate)) }
        @if let Some(interval) = interval(metric, estimate) { span.interval.wide-only { (interval) } }
    }
}

fn number(metric: Metric, value: f64) -> String {
    match metric {
        Metric::Auc => format!("{value:.3}"),
        Metric::CalibrationError => format!("{value:.2}"),
        _ => share(value),
    }
}

/// `93 %`
pub fn share(value: f64) -> String {
    format!("{:.0} %", value * 100.0)
}

/// The mark on its line; guessing is ticked where it has a place of its own.
fn bar(metric: Metric, estimate: Estimate) -> Markup {
    let [low, high] = estimate.interval.unwrap_or_default();
    html! {
        @if let Some(value) = estimate.value {
            svg.estimate aria-hidden="true" height="12" {
                line.rail x1="0" x2="100%" y1="6" y2="6" {}
                @if metric == Metric::Auc { line.guess x1="50%" x2="50%" y1="1" y2="11" {} }
                line.reach x1=(percent(low)) x2=(percent(high)) y1="6" y2="6" {}
                circle cx=(percent(value)) cy="6" r="4" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_signed_where_they_differ() {
        let estimate = Estimate { value: Some(0.9312), interval: Some([0.8, 1.0]) };
        assert_eq!((value(Metric::Auc, estimate), value(Metric::Caught, estimate)), ("0.931".into(), "93 %".into()));
        assert_eq!(interval(Metric::Caught, estimate).as_deref(), Some("80 % to 100 %"));
        assert_eq!(value(Metric::Auc, Estimate::default()), "–");
        assert_eq!([0.0121, -0.2, -0.0001].map(signed), ["+0.012", "−0.200", "0.000"]);
    }
}

//! ROC, and precision over recall.

use maud::{Markup, html};

use super::plot::{path, plot, x, y};
use super::series;
use crate::evaluate::BundleReport;
use crate::evaluate::curves::Point;

pub fn curves(bundles: &[BundleReport]) -> Markup {
    html! {
        section {
            h2 { "At every threshold" }
            p.quiet { "Squares mark where each model begins to say “fake”." }
            p.key { (series::key(bundles)) }
            div.pair { (roc(bundles)) (precision_recall(bundles)) }
        }
    }
}

fn roc(bundles: &[BundleReport]) -> Markup {
    let place = |point: &Point| (point.false_flags, point.caught);
    let content = html! {
        path.chance d=(path([(0.0, 0.0), (1.0, 1.0)])) {}
        @for (nth, bundle) in bundles.iter().enumerate() { (curve(nth, bundle, Some((0.0, 0.0)), place)) }
    };
    let caption = html! { "ROC: up and to the left is better; the thin diagonal is guessing." };
    plot("ROC curves", "genuine assets called fake", "fakes caught", &content, &caption)
}

fn precision_recall(bundles: &[BundleReport]) -> Markup {
    let place = |point: &Point| (point.caught, point.precision);
    let mix = bundles.first().and_then(|bundle| bundle.curve.last()).map(|all| all.precision);
    let content = html! {
        @if let Some(mix) = mix { path.chance d=(path([(0.0, mix), (1.0, mix)])) {} }
        @for (nth, bundle) in bundles.iter().enumerate() { (curve(nth, bundle, None, place)) }
    };
    let caption = html! { "Precision and recall: up and to the right is better; the thin line is guessing. Where fakes are rarer than in this set, precision is lower." };
    plot(
        "Precision over recall",
        "fakes caught (recall)",
        "right among those called fake (precision)",
        &content,
        &caption,
    )
}

fn curve(nth: usize, bundle: &BundleReport, from: Option<(f64, f64)>, place: impl Fn(&Point) -> (f64, f64)) -> Markup {
    let class = series::class(nth);
    let named = bundle.curve.iter().find(|point| point.false_flags + point.caught >= 0.75 + 0.2 * nth as f64);
    html! {
        path class={ "line " (class) } d=(path(from.into_iter().chain(bundle.curve.iter().map(&place)))) {}
        @if let Some((across, up)) = bundle.called_fake().as_ref().map(&place) {
            rect class={ "shipped " (class) } x=(x(across) - 5.0) y=(y(up) - 5.0) width="10" height="10" {}
        }
        @if let Some((across, up)) = named.map(&place) {
            circle class={ "name " (class) } cx=(x(across)) cy=(y(up)) r="8" {}
            text class={ "letter middle " (class) } x=(x(across)) y=(y(up) + 4.0) { (series::letter(nth)) }
        }
    }
}

//! The bar from 0 to 1 on which the score stands against threshold and band.

use maud::{Markup, html};
use veritag_abi::Verdict;

use super::badge::class;
use crate::assessment::{Assessment, wording};

/// The side of the band on which a score lies, as a CSS class.
pub fn zone(score: f32, band: [f32; 2]) -> &'static str {
    class(Verdict::of(score, band))
}

/// A fraction as an SVG length.
pub fn percent(fraction: f64) -> String {
    format!("{:.3}%", fraction * 100.0)
}

/// The bar, where there is a score.
pub fn gauge(assessment: &Assessment) -> Option<Markup> {
    let (score, threshold, band) = (assessment.score?, assessment.threshold?, assessment.band?);
    let label = format!(
        "Score {} on a scale from 0 to 1; threshold {threshold:.2}; unsure between {:.2} and {:.2}",
        wording::score(score),
        band[0],
        band[1]
    );
    Some(html! {
        figure.gauge {
            svg role="img" aria-label=(label) height="78" {
                (zones(band))
                (mark(score, zone(score, band)))
                (tick(threshold, &format!("threshold {threshold:.2}")))
                text.axis x="0" y="72" { "0" }
                text.axis.end x="100%" y="72" { "1" }
            }
            figcaption { (format!("Unsure between {:.2} and {:.2}.", band[0], band[1])) }
        }
    })
}

fn zones([low, high]: [f32; 2]) -> Markup {
    let stretch = |class: &str, from: f32, to: f32| {
        let (x, width) = (percent(from.into()), percent((to - from).max(0.0).into()));
        html! { rect class=(class) x=(x) y="32" width=(width) height="18" {} }
    };
    html! {
        (stretch("zone real", 0.0, low))
        (stretch("zone unsure", low, high))
        (stretch("zone fake", high, 1.0))
    }
}

fn mark(score: f32, zone: &str) -> Markup {
    let x = percent(score.into());
    html! {
        g class=(format!("mark {zone}")) {
            line x1=(x) x2=(x) y1="26" y2="56" {}
            circle cx=(x) cy="41" r="7" {}
            text class={ "value " (anchor(score)) } x=(x) y="19" { (wording::score(score)) }
        }
    }
}

fn tick(at: f32, label: &str) -> Markup {
    let x = percent(at.into());
    html! {
        line.threshold x1=(x) x2=(x) y1="28" y2="56" {}
        text class={ "axis " (anchor(at)) } x=(x) y="72" { (label) }
    }
}

/// Keeps a label at `fraction` from running over the ends.
pub fn anchor(fraction: f32) -> &'static str {
    match fraction {
        0.0..0.15 => "start",
        0.0..=0.82 => "middle",
        _ => "end",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::examples;

    #[test]
    fn only_scores_strictly_within_the_band_are_unsure() {
        let at = |score| zone(score, [0.6, 0.9]);
        assert_eq!([at(0.6), at(0.61), at(0.89), at(0.9)], ["real", "unsure", "unsure", "fake"]);
    }

    #[test]
    fn the_mark_stands_at_the_score() {
        let svg = gauge(&examples::fake()).unwrap().into_string();
        assert!(svg.contains(r#"cx="93.000%""#), "{svg}");
        assert!(svg.contains("threshold 0.80"));
        assert!(gauge(&examples::no_face()).is_none());
    }
}

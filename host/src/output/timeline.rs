//! The plot of a video's scores over its whole duration, with what was not looked at.

use maud::{Markup, html};
use veritag_abi::WindowScore;

use super::{
    gauge::{anchor, percent, zone},
    scale::{Scale, Stretch},
};
use crate::assessment::{Assessment, times};

const TOP: f64 = 20.0;
const HEIGHT: f64 = 120.0;
const BASE: f64 = TOP + HEIGHT;
/// The width that a window's number needs on a narrow screen.
const NUMBER: f64 = 0.05;
/// The plot, where there is a duration and something was looked at.
pub fn timeline(assessment: &Assessment) -> Option<Markup> {
    let scale = Scale::of(assessment)?;
    Some(html! {
        figure.timeline {
            svg role="img" aria-label=(summary(assessment)) height=(BASE + 24.0) {
                (levels(assessment))
                @for gap in &assessment.gaps { (unseen(scale.stretch(gap.start_us, gap.end_us))) }
                (bars(scale, assessment))
                @if let Some(threshold) = assessment.threshold {
                    line.threshold x1="0" x2="100%" y1=(level(threshold)) y2=(level(threshold)) {}
                }
                (axis(scale))
            }
            figcaption { (summary(assessment)) }
        }
    })
}

/// How much was looked at, in words.
fn summary(assessment: &Assessment) -> String {
    let windows = assessment.windows.len();
    let plural = if windows == 1 { "window" } else { "windows" };
    let unseen: u64 = assessment.gaps.iter().map(|gap| gap.end_us - gap.start_us.min(gap.end_us)).sum();
    let duration = Scale::of(assessment).map_or(0, |scale| scale.duration_us);
    match unseen {
        0 => format!("{windows} {plural}: the whole duration was looked at."),
        _ => format!(
            "{windows} {plural}: {} of {} looked at, the rest (hatched) not.",
            times::lasting(duration.saturating_sub(unseen) / 1000),
            times::lasting(duration / 1000)
        ),
    }
}

fn height(score: f32) -> f64 {
    f64::from(score.clamp(0.0, 1.0)) * HEIGHT
}

fn level(score: f32) -> f64 {
    BASE - height(score)
}

fn levels(assessment: &Assessment) -> Markup {
    html! {
        rect.plot x="0" y=(TOP) width="100%" height=(HEIGHT) {}
        @if let Some([low, high]) = assessment.band {
            rect.band x="0" y=(level(high)) width="100%" height=(height(high) - height(low)) {}
        }
        text.axis.end x="-8" y=(BASE) { "0" }
        text.axis.end x="-8" y=(TOP + 8.0) { "1" }
        @if let Some(threshold) = assessment.threshold {
            @if (0.1..0.9).contains(&threshold) {
                text.axis.end x="-8" y=(level(threshold) + 4.0) { (format!("{threshold:.2}")) }
            }
        }
    }
}

fn unseen(gap: Stretch) -> Markup {
    let roomy = match gap.width {
        0.28.. => Some("axis middle halo"),
        0.12.. => Some("axis middle halo wide-only"),
        _ => None,
    };
    html! {
        rect.gap x=(percent(gap.x)) y=(TOP) width=(percent(gap.width)) height=(HEIGHT) {
            title { "not looked at" }
        }
        @if let Some(class) = roomy {
            text class=(class) x=(percent(gap.x + gap.width / 2.0)) y=(BASE - 10.0) { "not looked at" }
        }
    }
}

fn bars(scale: Scale, assessment: &Assessment) -> Markup {
    let bars: Vec<Stretch> = assessment.windows.iter().map(|window| scale.bar(window)).collect();
    let middle = |nth: usize| bars[nth].x + bars[nth].width / 2.0;
    let middles: Vec<f64> = (0..bars.len()).map(middle).collect();
    html! {
        @for (nth, window) in assessment.windows.iter().enumerate() {
            (bar(bars[nth], nth, window, assessment.band))
        }
        @for nth in legible(&middles) {
            text.number.middle x=(percent(middles[nth])) y=(TOP - 6.0) { (nth + 1) }
        }
    }
}

/// Which of the places can carry a number without running into the one before.
fn legible(middles: &[f64]) -> Vec<usize> {
    let mut clear_from = 0.0;
    let clear = |nth: &usize| {
        let clear = middles[*nth] >= clear_from;
        clear_from = if clear { middles[*nth] + NUMBER } else { clear_from };
        clear
    };
    (0..middles.len()).filter(clear).collect()
}

fn bar(bar: Stretch, nth: usize, window: &WindowScore, band: Option<[f32; 2]>) -> Markup {
    let class = match (window.score, band) {
        (Some(score), Some(band)) => zone(score, band),
        _ => "none",
    };
    let tall = window.score.map_or(HEIGHT, |score| height(score).max(2.0));
    html! {
        rect class=(format!("bar {class}")) x=(percent(bar.x)) y=(BASE - tall) width=(percent(bar.width)) height=(tall) {
            title { "window " (nth + 1) ", " (times::span(window.start_us, window.end_us)) }
        }
    }
}

fn axis(scale: Scale) -> Markup {
    let written = |us: u64, anchor: &str| {
        let x = percent(scale.at(us));
        html! {
            line.tick x1=(x) x2=(x) y1=(BASE) y2=(BASE + 5.0) {}
            text class=(format!("axis {anchor}")) x=(x) y=(BASE + 20.0) { (scale.label(us)) }
        }
    };
    html! {
        line.baseline x1="0" x2="100%" y1=(BASE) y2=(BASE) {}
        @for us in scale.ticks() { (written(us, anchor(scale.at(us) as f32))) }
        (written(scale.duration_us, "end"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::examples;

    #[test]
    fn gaps_are_labelled_where_there_is_room() {
        let svg = timeline(&examples::fake()).unwrap().into_string();
        assert_eq!(svg.matches(">not looked at</text>").count(), 2);
        assert!(svg.contains("3 windows: 2.4 s of 14.0 s looked at, the rest (hatched) not."));
    }

    #[test]
    fn numbers_keep_apart() {
        assert_eq!(legible(&[0.0, 0.02, 0.05, 0.09, 0.5]), [0, 2, 4]);
    }

    #[test]
    fn images_and_failures_have_no_timeline() {
        assert!(timeline(&examples::image()).is_none());
        assert!(timeline(&examples::failed()).is_none());
        assert!(timeline(&examples::no_face()).is_some());
    }
}

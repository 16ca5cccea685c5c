//! The scores of both classes, back to back.

use maud::{Markup, html};

use super::plot::{plot, x, y};
use crate::evaluate::{About, BundleReport, Outcome};
use veritag::assessment::wording::bands;

const BINS: usize = 20;

pub fn histogram(bundle: &BundleReport) -> Markup {
    let of = |fake: bool| shares(bundle.assets.iter().filter(move |asset| asset.is_fake() == fake));
    let (real, fake) = (of(false), of(true));
    let most = real.iter().chain(&fake).copied().fold(f64::MIN_POSITIVE, f64::max);
    let threshold = f64::from(bundle.about.threshold);
    let content = html! {
        @for [low, high] in shaded(&bundle.about) {
            rect.band x=(x(low)) y=(y(1.0)) width=(x(high) - x(low)) height=(y(0.0) - y(1.0)) {}
        }
        @for (nth, share) in real.iter().enumerate() { (bar("bar real", nth, 0.5, share / most * 0.46)) }
        @for (nth, share) in fake.iter().enumerate() { (bar("bar fake", nth, 0.5 - share / most * 0.46, share / most * 0.46)) }
        line.baseline x1=(x(0.0)) x2=(x(1.0)) y1=(y(0.5)) y2=(y(0.5)) {}
        line.threshold x1=(x(threshold)) x2=(x(threshold)) y1=(y(0.0)) y2=(y(1.0)) {}
        text.axis.middle.halo x=(x(0.5)) y=(y(0.93)) { "genuine ↑" }
        text.axis.middle.halo x=(x(0.5)) y=(y(0.04)) { "fake ↓" }
    };
    let caption = html! {
        "Scores of genuine assets upwards, of fakes downwards, as shares of their kind. Dashed: threshold "
        (format!("{threshold:.2}")) "; shaded: unsure. " (bands(bundle.about.band, bundle.about.still_band)) "."
    };
    plot("Scores by class", "score", "", &content, &caption)
}

/// The ends of the bands: of all assets, or of clips and of stills.
fn shaded(about: &About) -> impl Iterator<Item = [f64; 2]> {
    [about.band].into_iter().chain(about.still_band).map(|band| band.map(f64::from))
}

fn bar(class: &str, nth: usize, from: f64, tall: f64) -> Markup {
    let wide = 1.0 / BINS as f64;
    html! {
        @if tall > 0.0 {
            rect class=(class) x=(x(nth as f64 * wide) + 0.5) y=(y(from + tall)) width=(x(wide) - x(0.0) - 1.0) height=(y(from) - y(from + tall)) {}
        }
    }
}

/// The share of scored assets in each bin.
fn shares<'a>(assets: impl Iterator<Item = &'a Outcome>) -> [f64; BINS] {
    let mut shares = [0.0; BINS];
    for score in assets.filter_map(|asset| asset.score) {
        shares[((score * BINS as f32) as usize).min(BINS - 1)] += 1.0;
    }
    let all: f64 = shares.iter().sum();
    shares.map(|number| number / all.max(1.0))
}

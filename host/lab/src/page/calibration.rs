//! The reliability diagram: whether a score of 0.9 means 90 %.

use maud::{Markup, html};

use super::plot::{path, plot, x, y};
use crate::evaluate::BundleReport;

pub fn reliability(bundle: &BundleReport) -> Markup {
    let content = html! {
        path.chance d=(path([(0.0, 0.0), (1.0, 1.0)])) {}
        path class="line series-1" d=(path(bundle.reliability.iter().map(|bin| (bin.score, bin.fake)))) {}
        @for bin in &bundle.reliability {
            line.off x1=(x(bin.score)) x2=(x(bin.score)) y1=(y(bin.score)) y2=(y(bin.fake)) {}
            circle.bin cx=(x(bin.score)) cy=(y(bin.fake)) r="4.5" {}
        }
    };
    let caption = html! {
        "Reliability: each dot is a share of the assets, both kinds weighted alike. On the diagonal a score can be read as a chance; "
        "dots below it are fake less often than they score."
    };
    plot("Reliability diagram", "mean score", "share that is fake", &content, &caption)
}

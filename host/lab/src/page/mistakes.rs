//! The assets that each bundle got most wrong, without their pictures.

use maud::{Markup, html};

use super::series;
use crate::dataset::Label;
use crate::evaluate::BundleReport;
use crate::evaluate::mistakes::Mistake;
use veritag::assessment::wording::{score, visible};
use veritag::output::badge;

pub fn mistakes(bundles: &[BundleReport]) -> Markup {
    html! {
        section {
            h2 { "Worst mistakes" }
            p.quiet { "Assets on the wrong side of the threshold, the furthest from the truth first. Look at these before trusting any figure above: some may be labelled wrongly." }
            @for (nth, bundle) in bundles.iter().enumerate() {
                h3 { (series::chip(nth)) " " bdi { (visible(&bundle.about.model.name)) } }
                @if bundle.mistakes.is_empty() { p.quiet { "None: every assessed asset is on the right side." } }
                ol.mistakes { @for mistake in &bundle.mistakes { (item(mistake)) } }
            }
        }
    }
}

fn item(mistake: &Mistake) -> Markup {
    let truth = match mistake.label {
        Label::Real => "genuine".into(),
        Label::Fake => format!("fake, made by {}", visible(&mistake.generator)),
    };
    html! {
        li {
            div.line { bdi.path { (visible(&mistake.path)) } strong.num { (score(mistake.score)) } (badge(mistake.verdict)) }
            p.quiet { "In truth " (truth) ". " (visible(&mistake.text)) }
        }
    }
}

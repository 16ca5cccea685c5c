//! How to read the page, and who the models are.

use maud::{Markup, html};

use super::series;
use crate::evaluate::{About, Evaluation};
use veritag::assessment::wording::{bands, visible};

const ADVICE: [(&str, &str); 6] = [
    (
        "Intervals",
        "Other people filmed in the same way would have given other figures. About 95 of 100 such intervals hold the figure that very many people would give. They are drawn by people, not by files: five fakes of one face are one piece of evidence.",
    ),
    (
        "AUC",
        "Take one fake and one genuine asset at random: the AUC is how often the fake scores higher. It knows no threshold, so it says how good the model could be, not how good its verdicts are.",
    ),
    (
        "Verdicts",
        "“Likely fake” means a score above the unsure band, “no manipulation found” one below it. What is unsure or not assessed counts as neither alarm nor miss, so look at how much that is.",
    ),
    (
        "Rare fakes",
        "In a library where one upload in a thousand is fake, even one false alarm in a hundred means ten false alarms for each fake. Judge a model by its false alarms first.",
    ),
    (
        "Other fakes",
        "A model knows the kinds of fake that it was trained on. A face-swap detector is no detector of wholly generated people. Figures for a generator that the training has seen say little about the next one.",
    ),
    (
        "Other people",
        "The figures hold for people and footage like those measured. Who is missing there is not covered here.",
    ),
];

pub fn guide(evaluation: &Evaluation) -> Markup {
    let intervals = &evaluation.intervals;
    html! {
        section.legend {
            h2 { "How to read this" }
            dl { @for (term, meaning) in ADVICE { div { dt { strong { (term) } } dd { (meaning) } } } }
            p.quiet {
                "Intervals: " (intervals.method) ", " (intervals.rounds) " rounds, " (format!("{:.0} %", intervals.level * 100.0)) "."
            }
        }
        @for (nth, bundle) in evaluation.bundles.iter().enumerate() { (facts(nth, &bundle.about)) }
    }
}

fn facts(nth: usize, about: &About) -> Markup {
    let facts = [
        ("Network", about.architecture.clone()),
        ("Limits", about.limits.clone()),
        ("Trained on", about.training_data.clone()),
        ("Calibrated", about.fitted_on.clone()),
        ("Verdicts", format!("{}; threshold {:.2}", bands(about.band, about.still_band), about.threshold)),
        ("Licence", about.licence.clone()),
        ("sha256", about.model.sha256.clone()),
    ];
    html! {
        section.facts {
            h3 { (series::chip(nth)) " " bdi { (visible(&about.model.name)) } " " (visible(&about.model.version)) }
            dl { @for (term, fact) in facts { div { dt { (term) } dd { (visible(&fact)) } } } }
        }
    }
}

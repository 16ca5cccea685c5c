//! The page of an evaluation: one file that needs nothing but itself.

mod breakdowns;
mod calibration;
pub mod card;
mod curves;
pub mod estimate;
mod guide;
mod headline;
mod histogram;
mod mistakes;
mod plot;
mod robustness;
mod series;
pub mod table;
mod verdicts;

pub use headline::cautions;

use maud::{Markup, html};

use crate::evaluate::Evaluation;
use veritag::assessment::{times, wording::visible};
use veritag::output::{legend, page::page};

const STYLE: &str = include_str!("evaluation.css");

/// The whole page.
pub fn html(evaluation: &Evaluation) -> String {
    let body = html! {
        body.evaluation {
            (legend::patterns())
            (masthead(evaluation))
            main { (sections(evaluation)) }
        }
    };
    page("evaluation", STYLE, body)
}

fn sections(evaluation: &Evaluation) -> Markup {
    let bundles = &evaluation.bundles;
    html! {
        (headline::headline(evaluation))
        (verdicts::verdicts(bundles))
        (curves::curves(bundles))
        section {
            h2 { "Scores, and whether they can be taken at their word" }
            @for (nth, bundle) in bundles.iter().enumerate() {
                h3 { (series::chip(nth)) " " bdi { (visible(&bundle.about.model.name)) } }
                div.pair { (histogram::histogram(bundle)) (calibration::reliability(bundle)) }
            }
        }
        (breakdowns::breakdowns(bundles))
        (robustness::robustness(bundles))
        (mistakes::mistakes(bundles))
        (guide::guide(evaluation))
    }
}

fn masthead(evaluation: &Evaluation) -> Markup {
    let plural = if evaluation.bundles.len() == 1 { "one model" } else { "models" };
    html! {
        header.masthead id="top" {
            p.kicker { "Veritag evaluation" }
            h1 { "How well " (plural) (if evaluation.bundles.len() == 1 { " tells" } else { " tell" }) " fake faces from genuine ones" }
            p.quiet { (about(evaluation).join(" · ")) }
        }
    }
}

/// On what, when, by which program.
fn about(evaluation: &Evaluation) -> Vec<String> {
    let run = &evaluation.run;
    let assets = evaluation.bundles.first().map_or(0, |bundle| bundle.measured.assets());
    vec![
        format!("{assets} labelled assets of {}", visible(&run.manifest)),
        format!("split {}", visible(&run.splits.join(", "))),
        times::when(&run.evaluated_at),
        format!("took {}", times::lasting(run.elapsed_ms)),
        format!("veritag {}", run.veritag),
        run.decoder.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::examples::evaluation;

    #[test]
    fn hostile_names_stay_text() {
        let mut evaluation = evaluation(&["a</style><script>alert(1)</script>", "b"], 12);
        let hostile = "<img src=x onerror=alert(1)>\u{202e}.mp4";
        evaluation.run.manifest = hostile.into();
        for bundle in &mut evaluation.bundles {
            bundle.mistakes.iter_mut().for_each(|mistake| mistake.path = hostile.into());
            bundle.mistakes.iter_mut().for_each(|mistake| mistake.text = hostile.into());
            bundle.breakdowns[0].parts[0].name = hostile.into();
            bundle.about.limits = hostile.into();
        }
        let page = html(&evaluation);
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains('\u{202e}'));
        assert_eq!(page.matches("</style>").count(), 1);
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;\u{fffd}.mp4"));
    }

    #[test]
    fn the_page_asks_nothing_of_the_network() {
        let page = html(&evaluation(&["a", "b", "c"], 12));
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("url(h"));
        assert!(!page.contains("<script") && page.contains("default-src 'none'"));
    }

    #[test]
    fn every_bundle_and_condition_is_shown_and_nothing_is_not_a_number() {
        let page = html(&evaluation(&["lite0-lstm", "meso4"], 12));
        for words in ["lite0-lstm", "meso4", "Face2Face", "compressed to blocks", "equal error rate", "tells apart"] {
            assert!(page.contains(words), "{words}");
        }
        assert!(!page.contains("NaN") && !page.contains("inf%"));
    }

    #[test]
    fn one_class_alone_still_makes_a_page() {
        let mut evaluation = evaluation(&["a"], 3);
        let reals = evaluation.bundles[0].assets.iter().filter(|asset| !asset.is_fake()).cloned().collect();
        let about = evaluation.bundles[0].about.clone();
        evaluation.bundles = vec![crate::evaluate::BundleReport::new(about, reals)];
        let page = html(&evaluation);
        assert!(page.contains("not both kinds") && !page.contains("NaN"));
    }
}

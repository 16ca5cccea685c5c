//! The figures that matter, bundles side by side, and what to keep in mind about them.

use maud::{Markup, html};

use super::{estimate, series};
use crate::evaluate::bootstrap::FEW_GROUPS;
use crate::evaluate::comparison::Comparison;
use crate::evaluate::{Evaluation, Metric};
use veritag::assessment::wording::visible;

pub fn headline(evaluation: &Evaluation) -> Markup {
    html! {
        section {
            @for caution in cautions(evaluation) { p.why { (caution) } }
            div.scroll {
                table.figures {
                    thead {
                        tr {
                            th { "Figure" }
                            @for (nth, bundle) in evaluation.bundles.iter().enumerate() {
                                th scope="col" { (series::chip(nth)) " " bdi { (visible(&bundle.about.model.name)) } " " (bundle.about.model.version) }
                            }
                        }
                    }
                    tbody { @for metric in Metric::ALL { (row(metric, evaluation)) } }
                }
            }
            (differences(&evaluation.comparisons, evaluation))
        }
    }
}

fn row(metric: Metric, evaluation: &Evaluation) -> Markup {
    html! {
        tr {
            th scope="row" {
                (metric.name()) " " span.better { (if metric.higher_is_better() { "higher is better" } else { "lower is better" }) }
                span.quiet { (metric.meaning()) }
            }
            @for bundle in &evaluation.bundles { td { (estimate::cell(metric, bundle.measured.figure(metric))) } }
        }
    }
}

/// What would make the figures look better, or surer, than they are.
pub fn cautions(evaluation: &Evaluation) -> Vec<String> {
    let mut cautions = Vec::new();
    let run = &evaluation.run;
    if run.splits.len() > 1 {
        let splits = visible(&run.splits.join(", "));
        cautions.push(format!("These are assets of several splits ({splits}). What a model was trained on flatters it: read the figures by split below, or name one with --split."));
    }
    if let Some(limit) = run.limit {
        cautions.push(format!("Only {limit} assets of the manifest were taken."));
    }
    let groups = evaluation.bundles.iter().map(|bundle| bundle.measured.groups).min().unwrap_or_default();
    if groups < FEW_GROUPS {
        cautions.push(format!("The assets show only {groups} groups of people. Intervals drawn from so few are too narrow, and below five there are none: the truth may well lie outside."));
    }
    if evaluation.bundles.iter().any(|bundle| bundle.curve.is_empty()) {
        cautions.push(
            "There are not both kinds, genuine and fake, among what was assessed: figures that need both are missing."
                .into(),
        );
    }
    cautions
}

fn differences(comparisons: &[Comparison], evaluation: &Evaluation) -> Markup {
    html! {
        @if !comparisons.is_empty() {
            h3 { "Which tells apart better" }
            p.quiet { "The difference of their AUC on the assets that both assessed, drawn together. Where the interval leaves out 0, chance does not explain it." }
            div.scroll {
                table {
                    thead { tr { th { "Models" } th { "Difference" } th { "Reading" } th.num.wide-only { "Assets" } } }
                    tbody {
                        @for comparison in comparisons {
                            tr {
                                td.nowrap { (series::chip(comparison.one)) " less " (series::chip(comparison.other)) }
                                td { (estimate::difference(comparison.auc_difference)) }
                                td.quiet { (reading(comparison, evaluation)) }
                                td.num.wide-only { (comparison.assets) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn reading(comparison: &Comparison, evaluation: &Evaluation) -> String {
    let ahead = if comparison.auc_difference.value > Some(0.0) { comparison.one } else { comparison.other };
    match comparison.is_clear() {
        true => format!("{} tells apart better", visible(&evaluation.bundles[ahead].about.model.name)),
        false => "too close to tell apart on these assets".into(),
    }
}

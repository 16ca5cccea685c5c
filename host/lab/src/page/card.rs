//! The model card of one bundle: Markdown in plain words, from what was measured.

use crate::evaluate::bootstrap::{Estimate, FEW_GROUPS};
use crate::evaluate::breakdown::{Dimension, Part};
use crate::evaluate::bundle_report::{ALIKE, BundleReport, Condition};
use crate::evaluate::evaluation::Evaluation;
use crate::evaluate::measured::Measured;
use crate::evaluate::metric::Metric;
use crate::page::estimate::{share, signed};
use veritag::assessment::wording::{bands, visible};
use veritag::output::Counts;

/// The figures of a part that a card shows.
const SHOWN: [Metric; 4] = [Metric::Auc, Metric::Accuracy, Metric::FalseFlags, Metric::Missed];

/// The whole card.
pub fn markdown(evaluation: &Evaluation, bundle: &BundleReport) -> String {
    let columns: String =
        columns(bundle).map(|by| section(&format!("By {}", line(by.name())), &parts(bundle, by))).collect();
    let sections = [
        masthead(bundle),
        section("What it can and cannot see", &format!("{}\n\n{SCOPE}", line(&bundle.about.limits))),
        section("What it was trained on", &training(bundle)),
        section("How well it does", &measured(evaluation, bundle)),
        section("By what made the fake", &parts(bundle, &Dimension::Generator)),
        section("By how large the face is", &parts(bundle, &Dimension::FaceSize)),
        columns,
        section("After what happens to media on their way", &robustness(bundle)),
        section("Who is missing", &missing(bundle)),
        section("How to use it", &usage(bundle)),
    ];
    sections.concat()
}

const SCOPE: &str = "It looks at faces and at nothing else: not at sound, text, or what is told. A face-swap detector is no \
detector of wholly generated people: a person made from nothing has no seam where a face was put in, and may well be \
called real. `real` says that nothing was found, never that a file is authentic. `fake` says that the face looks like \
those of known manipulations, never who made it or why.";

const NOT_ASKED: &str = " Nobody asked the people who were measured about age, skin, disability or origin, so nothing can be said \
of how it treats one group of people against another.";

const MISSING: &str = "The figures hold for people and footage like those that were measured. Kinds of manipulation that are newer than the data are absent. Measure it on media of your own before relying on it: \
`veritag evaluate MANIFEST`.";

const YOUR_OWN: &str =
    "What is trained on material of your own is yours: `make train DATA=labelled.csv OUT=runs/first`.";

fn masthead(bundle: &BundleReport) -> String {
    let about = &bundle.about;
    let name = format!("# Model card: {} {}\n\n", line(&about.model.name), line(&about.model.version));
    format!("{name}{}; sha256 of `model.toml`: `{}`.\n\n", line(&about.architecture), about.model.sha256)
}

fn section(title: &str, text: &str) -> String {
    format!("## {title}\n\n{text}\n\n")
}

fn training(bundle: &BundleReport) -> String {
    let about = &bundle.about;
    format!(
        "{}\n\nCalibrated on: {} Scores are chances as though half of all assets were fake: where fakes are rarer, a score \
         of 0.9 means less.\n\nLicence: {} {YOUR_OWN}",
        line(&about.training_data),
        line(&about.fitted_on),
        line(&about.licence)
    )
}

fn measured(evaluation: &Evaluation, bundle: &BundleReport) -> String {
    let Measured { real, fake, groups, .. } = &bundle.measured;
    let mut text = format!(
        "Measured on {} genuine and {} manipulated assets, in {groups} groups that share no people, of the split {} of \
         `{}`, with veritag {} on {}.\n\n",
        real.total(),
        fake.total(),
        line(&evaluation.run.splits.join(", ")),
        line(&evaluation.run.manifest),
        evaluation.run.veritag,
        evaluation.run.evaluated_at
    );
    text += "| figure | value | 95 % interval | meaning |\n|---|---:|---:|---|\n";
    for metric in Metric::ALL {
        let estimate = bundle.measured.figure(metric);
        text +=
            &format!("| {} | {} | {} | {} |\n", metric.name(), value(estimate), interval(estimate), metric.meaning());
    }
    if *groups < FEW_GROUPS {
        text += &format!("\nOnly {groups} groups of people: the true figures may well lie outside such intervals.\n");
    }
    text
}

fn missing(bundle: &BundleReport) -> String {
    let missing: String = bundle.about.missing.iter().map(|words| format!("{} ", line(words))).collect();
    let not_asked = if columns(bundle).next().is_none() { NOT_ASKED } else { "" };
    format!("{missing}{MISSING}{not_asked}")
}

/// The further columns of the manifest that tell parts.
fn columns(bundle: &BundleReport) -> impl Iterator<Item = &Dimension> {
    bundle.breakdowns.iter().map(|breakdown| &breakdown.by).filter(|by| matches!(by, Dimension::Column(_)))
}

fn parts(bundle: &BundleReport, by: &Dimension) -> String {
    let found = bundle.breakdowns.iter().filter(|breakdown| breakdown.by == *by).flat_map(|breakdown| &breakdown.parts);
    let rows = found.map(|Part { name, measured }| row(name, measured));
    table(&line(by.name()), rows.collect())
}

fn robustness(bundle: &BundleReport) -> String {
    let rows: Vec<String> = bundle.robustness.iter().map(|c| row(&c.words, &c.measured)).collect();
    if rows.is_empty() {
        return "Not measured; `veritag evaluate --robust` does.".into();
    }
    let change = |c: &Condition| Some(format!("{} {}", line(&c.name), signed(c.auc_change.value?)));
    let changes: Vec<String> = bundle.robustness.iter().filter_map(change).collect();
    let kept = |c: &Condition| Some(format!("{} {}", line(&c.name), share(c.alike?)));
    let kept: Vec<String> = bundle.robustness.iter().filter_map(kept).collect();
    let said = |parts: Vec<String>| if parts.is_empty() { "none can be said".into() } else { parts.join("; ") };
    format!(
        "{}\nChange of the AUC over the assets assessed both ways: {}.\n\nOf these, so many keep their score, give or take {ALIKE}: {}.",
        table("copies", [vec![row("as they are", &bundle.measured)], rows].concat()),
        said(changes),
        said(kept)
    )
}

fn table(first: &str, rows: Vec<String>) -> String {
    let names = SHOWN.map(Metric::name).join(" | ");
    format!("| {first} | genuine | fake | {names} |\n|---|---:|---:|{}\n{}", "---:|".repeat(SHOWN.len()), rows.concat())
}

fn row(name: &str, measured: &Measured) -> String {
    let cell = |metric| {
        let estimate = measured.figure(metric);
        format!("{} ({})", value(estimate), interval(estimate))
    };
    let cells = SHOWN.map(cell).join(" | ");
    format!("| {} | {} | {} | {cells} |\n", line(name), size(&measured.real), size(&measured.fake))
}

fn usage(bundle: &BundleReport) -> String {
    format!(
        "Scores become verdicts so: {}. What is unsure is left to a person. Use it to choose what a person looks at \
         first. Refuse, remove or publish nothing on its word alone.",
        bands(bundle.about.band, bundle.about.still_band)
    )
}

fn value(estimate: Estimate) -> String {
    estimate.value.map_or_else(|| "–".into(), |value| format!("{value:.3}"))
}

fn interval(estimate: Estimate) -> String {
    estimate.interval.map_or_else(|| "–".into(), |[low, high]| format!("{low:.3} to {high:.3}"))
}

/// Foreign text as one line that cannot break out of a table or become markup.
fn line(text: &str) -> String {
    let one_line = visible(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let escaped = |c: char| if "|[]`!*_".contains(c) { format!("\\{c}") } else { c.to_string() };
    one_line.replace('<', "&lt;").chars().map(escaped).collect()
}

/// `10`, or `9 of 10` where one was not assessed.
fn size(counts: &Counts) -> String {
    match counts.not_assessed {
        0 => counts.total().to_string(),
        _ => format!("{} of {}", counts.assessed(), counts.total()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::examples::evaluation;

    #[test]
    fn the_card_says_what_was_measured_and_what_not() {
        let evaluation = evaluation(&["lite0-lstm"], 6);
        let card = markdown(&evaluation, &evaluation.bundles[0]);
        for words in [
            "# Model card: lite0-lstm 1.0.0",
            "no detector of wholly generated people",
            "12 genuine and 36 manipulated assets, in 6 groups",
            "Only 6 groups of people",
            "| Face2Face | 12 | 11 of 12 |",
            "For evaluation and research only.",
            "Children. The figures hold",
            "| compressed to blocks",
            "real up to 0.30, fake from 0.80 on",
        ] {
            assert!(card.contains(words), "{words}\n{card}");
        }
        assert!(!card.contains("NaN") && !card.contains(".."));
    }

    #[test]
    fn foreign_text_stays_text() {
        let mut evaluation = evaluation(&["a"], 4);
        evaluation.bundles[0].about.limits = "a <b>\n# c | d".into();
        let card = markdown(&evaluation, &evaluation.bundles[0]);
        assert!(card.contains("a &lt;b> # c \\| d"));
    }
}

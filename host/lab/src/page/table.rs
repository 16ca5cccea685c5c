//! The figures on a terminal.

use super::estimate;
use crate::evaluate::bootstrap::Estimate;
use crate::evaluate::breakdown::Dimension;
use crate::evaluate::{BundleReport, Evaluation, Measured, Metric};
use veritag::assessment::wording::visible;

/// Columns of the first column, and of each that follows.
const FIRST: usize = 34;
const OTHERS: usize = 32;
const INDENT: &str = "  ";

/// Every figure, bundles side by side, then generators, copies and differences.
pub fn text(evaluation: &Evaluation) -> String {
    let bundles = &evaluation.bundles;
    let names = bundles.iter().map(|bundle| visible(&bundle.about.model.name));
    let mut lines = vec![size(bundles), String::new(), line("", names)];
    lines.extend(Metric::ALL.map(|metric| line(metric.name(), each(bundles, |b| Some(&b.measured), metric))));
    lines.extend(auc_lines("AUC by generator", &generators(bundles), bundles, of_generator));
    lines.extend(auc_lines("AUC of copies", &conditions(bundles), bundles, of_condition));
    lines.extend(differences(evaluation));
    lines.join("\n")
}

fn size(bundles: &[BundleReport]) -> String {
    let measured = bundles.first().map(|bundle| &bundle.measured);
    measured.map_or_else(String::new, |measured| {
        let (all, real, fake) = (measured.assets(), measured.real.total(), measured.fake.total());
        format!("{all} assets: {real} genuine, {fake} fake; {} groups of people; 95 % intervals", measured.groups)
    })
}

fn line(first: &str, others: impl IntoIterator<Item = String>) -> String {
    let mut line = format!("{first:FIRST$}");
    others.into_iter().for_each(|other| line += &format!("{other:OTHERS$}"));
    line.trim_end().to_owned()
}

fn each<'a>(
    bundles: &'a [BundleReport],
    of: impl Fn(&'a BundleReport) -> Option<&'a Measured>,
    metric: Metric,
) -> impl Iterator<Item = String> {
    bundles.iter().map(move |bundle| {
        let estimate = of(bundle).map(|measured| measured.figure(metric)).unwrap_or_default();
        match estimate::interval(metric, estimate) {
            Some(interval) => format!("{} ({interval})", estimate::value(metric, estimate)),
            None => estimate::value(metric, estimate),
        }
    })
}

fn auc_lines<'a>(
    title: &str,
    names: &[String],
    bundles: &'a [BundleReport],
    of: fn(&'a BundleReport, &str) -> Option<&'a Measured>,
) -> Vec<String> {
    let row = |name: &String| {
        let sizes = bundles.iter().map(|bundle| of(bundle, name).map_or_else(String::new, assessed));
        let cells = each(bundles, |b| of(b, name), Metric::Auc).zip(sizes).map(|(cell, size)| cell + &size);
        line(&format!("{INDENT}{}", visible(name)), cells)
    };
    let head = (!names.is_empty()).then(|| [String::new(), format!("{title} (n assessed, where not all were)")]);
    head.into_iter().flatten().chain(names.iter().map(row)).collect()
}

fn assessed(measured: &Measured) -> String {
    let some = measured.assessed();
    if some < measured.assets() { format!(" n={some}") } else { String::new() }
}

fn generators(bundles: &[BundleReport]) -> Vec<String> {
    let parts = bundles.first().into_iter().flat_map(|bundle| &bundle.breakdowns);
    let generators = parts.filter(|breakdown| breakdown.by == Dimension::Generator);
    generators.flat_map(|breakdown| &breakdown.parts).map(|part| part.name.clone()).collect()
}

fn of_generator<'a>(bundle: &'a BundleReport, name: &str) -> Option<&'a Measured> {
    let generators = bundle.breakdowns.iter().find(|breakdown| breakdown.by == Dimension::Generator)?;
    generators.parts.iter().find(|part| part.name == name).map(|part| &part.measured)
}

fn conditions(bundles: &[BundleReport]) -> Vec<String> {
    bundles.first().into_iter().flat_map(|bundle| &bundle.robustness).map(|condition| condition.name.clone()).collect()
}

fn of_condition<'a>(bundle: &'a BundleReport, name: &str) -> Option<&'a Measured> {
    let condition = bundle.robustness.iter().find(|condition| condition.name == name)?;
    Some(&condition.measured)
}

fn differences(evaluation: &Evaluation) -> Vec<String> {
    let of = |estimate: Estimate| match (estimate.value, estimate.interval) {
        (Some(value), Some([low, high])) => {
            format!("{} ({} to {})", estimate::signed(value), estimate::signed(low), estimate::signed(high))
        }
        (value, _) => value.map_or_else(|| "–".into(), estimate::signed),
    };
    let rows = evaluation.comparisons.iter().map(|comparison| {
        let name = |nth: usize| visible(&evaluation.bundles[nth].about.model.name);
        let names = format!("{INDENT}{} less {}", name(comparison.one), name(comparison.other));
        line(&names, [format!(" {}", of(comparison.auc_difference))])
    });
    let head = (!evaluation.comparisons.is_empty()).then(|| [String::new(), "AUC differences".to_owned()]);
    head.into_iter().flatten().chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::examples::evaluation;

    #[test]
    fn lines_are_aligned_and_say_everything() {
        let text = text(&evaluation(&["one", "other"], 10));
        for words in
            ["80 assets: 20 genuine, 60 fake; 10 groups", "\nAUC  ", "  Face2Face", "  crf-40", "  one less other"]
        {
            assert!(text.contains(words), "{words}\n{text}");
        }
        assert!(!text.contains("NaN") && text.lines().all(|line| line.trim_end() == line));
    }
}

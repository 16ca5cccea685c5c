//! `veritag evaluate`.

mod work;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use veritag_abi::Reason;
use work::Work;

use crate::cli::Evaluate;
use crate::dataset::Dataset;
use crate::error::Error;
use crate::evaluate::{BundleReport, Evaluation};
use crate::page::{self, card, table};
use veritag::assessment::wording;
use veritag::cli::Setup;
use veritag::commands::{SOME_FAILED, start};
use veritag::files::{check_writable, replace};

/// As many assets that were not assessed are named.
const NAMED: usize = 10;

/// # Errors
/// What kept the evaluation from starting, or from being written; what goes wrong with one asset is in its outcome.
pub fn run(setup: &Setup, options: &Evaluate) -> Result<ExitCode, Error> {
    let begun = Instant::now();
    let labels = labels(options)?;
    for file in [&options.json, &options.report, &options.card].into_iter().flatten() {
        check_writable(file)?;
    }
    let workers = start::workers(setup);
    start::start_threads(workers);
    let work = Work::new(setup, options, &labels)?;
    let bundles = work.bundles(workers);
    let evaluation = Evaluation::new(work.about(begun), bundles);
    write(options, &evaluation)?;
    println!("{}", table::text(&evaluation));
    page::cautions(&evaluation).iter().for_each(|caution| eprintln!("veritag: {caution}"));
    let ours: BTreeSet<Reason> = reasons(&evaluation).filter(|reason| !reason.is_of_asset()).collect();
    ours.iter().for_each(|why| eprintln!("veritag: {}", unassessed(&evaluation, &labels, *why)));
    Ok(if ours.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}

/// Why assets, or degraded copies of them, were not assessed.
fn reasons(evaluation: &Evaluation) -> impl Iterator<Item = Reason> {
    let measured = evaluation.bundles.iter().flat_map(|bundle| {
        std::iter::once(&bundle.measured).chain(bundle.robustness.iter().map(|condition| &condition.measured))
    });
    measured.flat_map(|measured| measured.reasons.keys().copied())
}

/// What was not assessed for a reason, the first few by name.
fn unassessed(evaluation: &Evaluation, labels: &Dataset, why: Reason) -> String {
    let outcomes = evaluation.bundles.iter().flat_map(|bundle| &bundle.assets);
    let entries = outcomes.filter(|outcome| outcome.reason == Some(why)).map(|outcome| &outcome.entry);
    let paths: BTreeSet<String> = entries.map(|entry| labels.resolve(entry).display().to_string()).collect();
    let named: Vec<&str> = paths.iter().take(NAMED).map(String::as_str).collect();
    let names = match paths.len() {
        0 => "some copies".into(),
        1..=NAMED => named.join(", "),
        all => format!("{} and {} more", named.join(", "), all - NAMED),
    };
    format!("not assessed: {names}: {}", wording::reason(why))
}

fn labels(options: &Evaluate) -> Result<Dataset, Error> {
    let mut labels = Dataset::read(&options.labels)?;
    if let Some(split) = &options.split {
        labels.keep_split(split)?;
    }
    if let Some(limit) = options.limit {
        labels.keep_at_most(limit.get());
    }
    Ok(labels)
}

fn write(options: &Evaluate, evaluation: &Evaluation) -> Result<(), Error> {
    if let Some(path) = &options.json {
        replace(path, &serde_json::to_vec_pretty(evaluation).expect("plain data serializes"))?;
    }
    if let Some(path) = &options.report {
        replace(path, page::html(evaluation).as_bytes())?;
    }
    let Some(path) = &options.card else { return Ok(()) };
    for (nth, bundle) in evaluation.bundles.iter().enumerate() {
        let name = |bundle: &BundleReport| bundle.about.model.name.clone();
        let again = evaluation.bundles[..nth].iter().any(|other| name(other) == name(bundle));
        let own = if again { format!("{}-{}", name(bundle), nth + 1) } else { name(bundle) };
        let path = if evaluation.bundles.len() == 1 { path.clone() } else { card_of(path, &own) };
        replace(&path, card::markdown(evaluation, bundle).as_bytes())?;
    }
    Ok(())
}

/// `card.md` of several models: `card-NAME.md`.
fn card_of(path: &Path, name: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let safe = name.replace(|c: char| !c.is_alphanumeric() && !"-_.".contains(c), "_");
    let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{safe}{extension}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_has_a_card_of_its_own() {
        assert_eq!(card_of(Path::new("out/card.md"), "lite0-lstm"), Path::new("out/card-lite0-lstm.md"));
        assert_eq!(card_of(Path::new("card"), "../a b"), Path::new("card-.._a_b"));
    }
}

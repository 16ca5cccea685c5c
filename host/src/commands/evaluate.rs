//! `veritag evaluate`.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::{SOME_FAILED, start};
use crate::cli::{Evaluate, Setup};
use crate::error::Error;
use crate::evaluate::degradation::{self, Degradation};
use crate::evaluate::evaluation::Run;
use crate::evaluate::{About, BundleReport, Evaluation, Outcome, card, copies, identity};
use crate::labels::{Entry, Labels};
use crate::output::evaluation::{self as page, table};
use crate::output::words::reason_in_words;
use crate::scan::{Scanner, parallel::in_order, sidecar};

/// Outcomes that are no fault of the asset.
const OURS: [&str; 3] = ["failed", "not_found", "unreadable"];

/// # Errors
/// What kept the evaluation from starting, or from being written; what goes wrong with one asset is in its outcome.
pub fn run(setup: &Setup, options: &Evaluate) -> Result<ExitCode, Error> {
    let begun = Instant::now();
    let labels = labels(options)?;
    for file in [&options.json, &options.report, &options.card].into_iter().flatten() {
        sidecar::check(file)?;
    }
    let workers = start::workers(setup);
    start::start_threads(workers);
    let work = Work::new(setup, options, &labels)?;
    let bundles = work.bundles(workers);
    let evaluation = Evaluation::new(work.about(options, begun), bundles);
    println!("{}", table::text(&evaluation));
    write(options, &evaluation)?;
    page::cautions(&evaluation).iter().for_each(|caution| eprintln!("veritag: {caution}"));
    let ours: BTreeSet<&str> = reasons(&evaluation).filter(|reason| OURS.contains(reason)).collect();
    ours.iter().for_each(|reason| eprintln!("veritag: some assets were not assessed: {}", reason_in_words(reason)));
    Ok(if ours.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}

/// Why assets, or degraded copies of them, were not assessed.
fn reasons(evaluation: &Evaluation) -> impl Iterator<Item = &str> {
    let measured = evaluation.bundles.iter().flat_map(|bundle| {
        std::iter::once(&bundle.measured).chain(bundle.robustness.iter().map(|condition| &condition.measured))
    });
    measured.flat_map(|measured| measured.reasons.keys().map(String::as_str))
}

fn labels(options: &Evaluate) -> Result<Labels, Error> {
    let mut labels = Labels::read(&options.labels)?;
    if let Some(split) = &options.split {
        labels.keep_split(split)?;
    }
    if let Some(limit) = options.limit {
        labels.keep_at_most(limit.get());
    }
    Ok(labels)
}

/// What is to be done, and with what.
struct Work<'a> {
    labels: &'a Labels,
    groups: Vec<usize>,
    scanners: Vec<Scanner>,
    degradations: &'static [Degradation],
    patience: Duration,
    /// Where degraded copies lie while they are looked at.
    directory: tempfile::TempDir,
}

/// One asset, as it is or degraded.
#[derive(Clone, Copy)]
struct Job {
    asset: usize,
    degradation: Option<&'static Degradation>,
}

impl<'a> Work<'a> {
    /// Starts every model, so that one that cannot run is known before the work.
    fn new(setup: &Setup, options: &Evaluate, labels: &'a Labels) -> Result<Self, Error> {
        let patience = Duration::from_secs(options.patience.into());
        let named = options.models.iter().map(|name| Setup { model: Some(name.clone()), ..setup.clone() });
        let setups = if options.models.is_empty() { vec![setup.clone()] } else { named.collect() };
        let scanners = setups.iter().map(|setup| start::scanner(setup, options.windows.into(), patience));
        let directory = tempfile::tempdir()
            .map_err(|error| Error::Output { path: std::env::temp_dir(), why: error.to_string() })?;
        let degradations = if options.robust { &degradation::ALL[..] } else { &[] };
        let groups = identity::groups(&labels.entries);
        Ok(Self { labels, groups, scanners: scanners.collect::<Result<_, _>>()?, degradations, patience, directory })
    }

    /// The assets as they are, then each kind of copy of those that it fits.
    fn jobs(&self) -> Vec<Job> {
        let assets = 0..self.labels.entries.len();
        let plain = assets.clone().map(|asset| Job { asset, degradation: None });
        let fits = |degradation: &Degradation, asset: &usize| degradation.fits(self.labels.entries[*asset].kind);
        let copies = self.degradations.iter().flat_map(|degradation| {
            let fitting = assets.clone().filter(move |asset| fits(degradation, asset));
            fitting.map(move |asset| Job { asset, degradation: Some(degradation) })
        });
        plain.chain(copies).collect()
    }

    /// Does every job and reports on each scanner's bundle.
    fn bundles(&self, workers: usize) -> Vec<BundleReport> {
        let jobs = self.jobs();
        let bar = bar(jobs.len());
        let mut results = Vec::new();
        in_order(
            workers,
            &jobs,
            |job| self.do_job(*job),
            |outcomes| {
                bar.inc(1);
                results.push(outcomes);
            },
        );
        bar.finish_and_clear();
        let of = |nth: usize, degradation: Option<&Degradation>| {
            let asked = jobs.iter().zip(&results).filter(move |(job, _)| job.degradation == degradation);
            asked.map(move |(_, outcomes)| outcomes[nth].clone()).collect::<Vec<Outcome>>()
        };
        let report = |(nth, scanner): (usize, &Scanner)| {
            let bundle = scanner.pool.bundle();
            let mut report = BundleReport::new(About::new(bundle.id.clone(), &bundle.card), of(nth, None));
            self.degradations.iter().for_each(|d| report.endure(d, of(nth, Some(d))));
            report
        };
        self.scanners.iter().enumerate().map(report).collect()
    }

    /// What each scanner says of one asset.
    fn do_job(&self, job: Job) -> Vec<Outcome> {
        let entry = &self.labels.entries[job.asset];
        let original = self.labels.locate(entry);
        let Some(degradation) = job.degradation else { return self.look(job, entry, &original) };
        let name = format!("{}-{}", job.asset, degradation.name);
        let scanner = &self.scanners[0];
        let into = (self.directory.path(), name.as_str());
        let deadline = Instant::now() + self.patience;
        match copies::make(&scanner.tools, &scanner.limits, (&original, entry.kind), degradation, into, deadline) {
            Ok(copy) => {
                let outcomes = self.look(job, entry, &copy);
                let _ = std::fs::remove_file(copy);
                outcomes
            }
            Err(error) => {
                let outcome = Outcome::unassessed(entry, self.groups[job.asset], &Error::from(error).reason());
                vec![outcome; self.scanners.len()]
            }
        }
    }

    fn look(&self, job: Job, entry: &Entry, path: &Path) -> Vec<Outcome> {
        let group = self.groups[job.asset];
        self.scanners.iter().map(|scanner| Outcome::new(entry, group, &scanner.scan(path).assessment)).collect()
    }

    fn about(&self, options: &Evaluate, begun: Instant) -> Run {
        let entries = &self.labels.entries;
        let splits: BTreeSet<&str> = entries.iter().map(|entry| entry.split.as_str()).collect();
        Run {
            manifest: self.labels.path.display().to_string(),
            splits: splits.into_iter().map(str::to_owned).collect(),
            limit: options.limit.map(usize::from).filter(|limit| *limit <= entries.len()),
            veritag: env!("CARGO_PKG_VERSION").into(),
            decoder: format!("ffmpeg {}", self.scanners[0].tools.version),
            evaluated_at: jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string(),
            elapsed_ms: begun.elapsed().as_millis() as u64,
        }
    }
}

fn bar(jobs: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}, {eta} left").expect("valid template");
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(jobs as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

fn write(options: &Evaluate, evaluation: &Evaluation) -> Result<(), Error> {
    if let Some(path) = &options.json {
        replace(path, &serde_json::to_string_pretty(evaluation).expect("plain data serializes"))?;
    }
    if let Some(path) = &options.report {
        replace(path, &page::html(evaluation))?;
    }
    let Some(path) = &options.card else { return Ok(()) };
    for (nth, bundle) in evaluation.bundles.iter().enumerate() {
        let name = |bundle: &BundleReport| bundle.about.model.name.clone();
        let again = evaluation.bundles[..nth].iter().any(|other| name(other) == name(bundle));
        let own = if again { format!("{}-{}", name(bundle), nth + 1) } else { name(bundle) };
        let path = if evaluation.bundles.len() == 1 { path.clone() } else { card_of(path, &own) };
        replace(&path, &card::markdown(evaluation, bundle))?;
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

fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let unwritable = |error: io::Error| Error::Output { path: path.into(), why: error.to_string() };
    sidecar::replace(path, text.as_bytes()).map_err(unwritable)
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

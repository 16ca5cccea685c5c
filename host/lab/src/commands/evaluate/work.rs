//! Looking at every asset, and at degraded copies of it, with every model.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::cli::Evaluate;
use crate::dataset::{Dataset, Entry};
use crate::error::Error;
use crate::evaluate::degradation::{self, Degradation};
use crate::evaluate::evaluation::Run;
use crate::evaluate::{About, BundleReport, Outcome, copies, identity};
use veritag::cli::Setup;
use veritag::commands::{progress, start};
use veritag::config::Runner;
use veritag::files::FileError;
use veritag::scan::{Scanner, parallel::in_order};

/// What is to be done, and with what.
pub struct Work<'a> {
    labels: &'a Dataset,
    groups: Vec<usize>,
    scanners: Vec<Scanner>,
    degradations: &'static [Degradation],
    timeout: Duration,
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
    pub fn new(setup: &Setup, options: &Evaluate, labels: &'a Dataset) -> Result<Self, Error> {
        let timeout = Duration::from_secs(options.timeout.into());
        let named = options.models.iter().map(|name| Setup { model: Some(name.clone()), ..setup.clone() });
        let setups = if options.models.is_empty() { vec![setup.clone()] } else { named.collect() };
        let windows = options.windows.into();
        let start = |setup| start::scanner(setup, &Runner::default(), start::workers(setup), windows, timeout);
        let scanners = setups.iter().map(start);
        let directory = tempfile::tempdir().map_err(FileError::unwritable(&std::env::temp_dir()))?;
        let degradations = if options.robust { &degradation::ALL[..] } else { &[] };
        let groups = identity::groups(&labels.entries);
        Ok(Self { labels, groups, scanners: scanners.collect::<Result<_, _>>()?, degradations, timeout, directory })
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
    pub fn bundles(&self, workers: usize) -> Vec<BundleReport> {
        let jobs = self.jobs();
        let bar = progress::bar(jobs.len());
        let mut results = Vec::new();
        in_order(
            workers,
            &jobs,
            |job| self.do_job(*job),
            |outcomes| {
                bar.inc(1);
                results.push(outcomes);
                ControlFlow::Continue(())
            },
        );
        bar.finish_and_clear();
        let of = |nth: usize, degradation: Option<&Degradation>| {
            let asked = jobs.iter().zip(&results).filter(move |(job, _)| job.degradation == degradation);
            asked.map(move |(_, outcomes)| outcomes[nth].clone()).collect::<Vec<Outcome>>()
        };
        let report = |(nth, scanner): (usize, &Scanner)| {
            let bundle = scanner.pool.bundle();
            let mut report = BundleReport::new(About::new(bundle.id.clone(), &bundle.spec), of(nth, None));
            self.degradations.iter().for_each(|d| report.add_condition(d, of(nth, Some(d))));
            report
        };
        self.scanners.iter().enumerate().map(report).collect()
    }

    /// What each scanner says of one asset.
    fn do_job(&self, job: Job) -> Vec<Outcome> {
        let entry = &self.labels.entries[job.asset];
        let original = self.labels.resolve(entry);
        let Some(degradation) = job.degradation else { return self.look(job, entry, &original) };
        let name = format!("{}-{}", job.asset, degradation.name);
        let scanner = &self.scanners[0];
        let into = (self.directory.path(), name.as_str());
        let deadline = Instant::now() + self.timeout;
        match copies::make(&scanner.tools, &scanner.limits, (&original, entry.kind), degradation, into, deadline) {
            Ok(copy) => {
                let outcomes = self.look(job, entry, &copy);
                let _ = std::fs::remove_file(copy);
                outcomes
            }
            Err(error) => {
                let outcome = Outcome::unassessed(entry, self.groups[job.asset], error.reason());
                vec![outcome; self.scanners.len()]
            }
        }
    }

    fn look(&self, job: Job, entry: &Entry, path: &Path) -> Vec<Outcome> {
        let group = self.groups[job.asset];
        self.scanners.iter().map(|scanner| Outcome::new(entry, group, &scanner.scan(path).assessment)).collect()
    }

    pub fn about(&self, begun: Instant) -> Run {
        let entries = &self.labels.entries;
        let splits: BTreeSet<&str> = entries.iter().map(|entry| entry.split.as_str()).collect();
        Run {
            manifest: self.labels.path.display().to_string(),
            splits: splits.into_iter().map(str::to_owned).collect(),
            limit: self.labels.limit,
            veritag: env!("CARGO_PKG_VERSION").into(),
            decoder: format!("ffmpeg {}", self.scanners[0].tools.version),
            evaluated_at: jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string(),
            elapsed_ms: begun.elapsed().as_millis() as u64,
        }
    }
}

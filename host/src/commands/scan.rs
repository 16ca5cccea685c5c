//! `veritag scan`.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::{SOME_FAILED, progress, start};
use crate::assessment::Assessment;
use crate::cli::{Scan, Setup};
use crate::error::Error;
use crate::output::report::{self, Entry};
use crate::output::{Thumbnail, table, thumbnails};
use crate::scan::{Scanner, inputs, parallel::in_order, sidecar};
use crate::tags::{keywords::Words, xmp};

/// # Errors
/// What kept the scan from starting; what goes wrong with one asset is in its assessment.
pub fn run(setup: &Setup, options: &Scan) -> Result<ExitCode, Error> {
    let files = inputs::expand(&options.paths, io::stdin().lock())?;
    options.report.as_deref().map_or(Ok(()), sidecar::check)?;
    let workers = start::workers(setup);
    start::start_threads(workers);
    let patience = Duration::from_secs(options.patience.into());
    let scanner = start::scanner(setup, options.windows.into(), patience)?;
    let mut run = Run::new(options, files.len());
    in_order(workers, &files, |path| Done::with(&scanner, path, options), |done| run.take(done));
    run.finish(&scanner)
}

/// One asset, assessed and, if so asked, written.
struct Done {
    assessment: Assessment,
    thumbnails: Vec<Thumbnail>,
    unwritten: Option<Error>,
}

impl Done {
    fn with(scanner: &Scanner, path: &Path, options: &Scan) -> Self {
        let scanned = scanner.scan(path);
        let assessment = scanned.assessment;
        let thumbnails = if options.report.is_some() { thumbnails(&assessment, &scanned.stills) } else { Vec::new() };
        let unwritten = if missing(&assessment) { None } else { keep(path, &assessment, options).err() };
        Self { assessment, thumbnails, unwritten }
    }
}

fn keep(path: &Path, assessment: &Assessment, options: &Scan) -> Result<(), Error> {
    if options.write {
        sidecar::write(path, assessment)?;
    }
    if options.xmp {
        xmp::sidecar::write(path, assessment, &Words::default().keyword(assessment.verdict, assessment.review))?;
    }
    Ok(())
}

/// What a run prints, keeps and remembers.
struct Run<'a> {
    options: &'a Scan,
    begun: Instant,
    bar: ProgressBar,
    entries: Vec<Entry>,
    all: Vec<Assessment>,
    unwritten: Vec<Error>,
}

impl<'a> Run<'a> {
    fn new(options: &'a Scan, files: usize) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}").expect("valid template");
        let bar = progress::bar(files).with_style(style);
        let run = Self { options, begun: Instant::now(), bar, entries: vec![], all: vec![], unwritten: vec![] };
        if !options.json {
            run.print(&table::header(width()));
        }
        run
    }

    fn take(&mut self, done: Done) {
        let Done { assessment, thumbnails, unwritten } = done;
        if self.options.json {
            self.print(&serde_json::to_string(&assessment).expect("plain data serializes"));
        } else {
            self.print(&table::line(&assessment, width(), io::stdout().is_terminal()));
        }
        self.unwritten.extend(unwritten);
        if self.options.report.is_some() {
            self.entries.push(Entry { assessment: assessment.clone(), thumbnails });
        }
        self.all.push(assessment);
        self.bar.inc(1);
    }

    fn print(&self, line: &str) {
        self.bar.suspend(|| {
            let mut out = io::stdout().lock();
            if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
                // Whoever read our output is gone.
                std::process::exit(SOME_FAILED.into());
            }
        });
    }

    fn finish(mut self, scanner: &Scanner) -> Result<ExitCode, Error> {
        self.bar.finish_and_clear();
        if !self.options.json {
            self.print(&table::footer(&self.all, self.begun.elapsed()));
            self.print(&table::judge(&scanner.pool.bundle().card));
        }
        if let Some(path) = &self.options.report {
            self.unwritten.extend(sidecar::replace(path, report::html(&self.entries).as_bytes()).err());
        }
        self.unwritten.iter().for_each(|error| eprintln!("veritag: {}: {error}", error.code()));
        let failed = self.all.iter().any(|assessment| assessment.reason.as_deref() == Some("failed"));
        let some_failed = failed || !self.unwritten.is_empty() || self.all.iter().any(missing);
        Ok(if some_failed { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
    }
}

/// An asset that is not there, or that we may not read, is no fault of its own.
fn missing(assessment: &Assessment) -> bool {
    matches!(assessment.reason.as_deref(), Some("not_found" | "unreadable"))
}

/// Columns of the terminal; a pipe or a file gets whole paths.
fn width() -> usize {
    console::Term::stdout().size_checked().map_or(usize::from(u16::MAX), |(_, columns)| columns.into())
}

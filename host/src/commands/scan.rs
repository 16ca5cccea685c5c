//! `veritag scan`.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use veritag_abi::Reason;

use super::{SOME_FAILED, progress, start};
use crate::assessment::{Assessment, wording};
use crate::blame::Blame;
use crate::cli::{Scan, Setup};
use crate::config;
use crate::error::Error;
use crate::files::{FileError, expand, is_image, replace};
use crate::output::report;
use crate::output::{Entry, table};
use crate::scan::Thumbnail;
use crate::scan::{Scanner, parallel::in_order};
use crate::tags::{self, Tags};

/// # Errors
/// What kept the scan from starting; what goes wrong with one asset is in its assessment.
pub fn run(setup: &Setup, options: &Scan) -> Result<ExitCode, Error> {
    let files = expand(&options.paths, io::stdin().lock())?;
    options.report.as_deref().map_or(Ok(()), report::check)?;
    let config = config::load(options.config.as_deref(), config::variables())?;
    let wanted = Tags { json: options.write, xmp: options.xmp, keywords: config.tags.keywords };
    let workers = start::workers(setup);
    start::start_threads(workers);
    let timeout = Duration::from_secs(options.timeout.into());
    let one_image = matches!(&files[..], [file] if is_image(file));
    let instances = if one_image { 1 } else { workers };
    let scanner = start::scanner(setup, &config.runner, instances, options.windows.into(), timeout)?;
    let scanner = Scanner { thumbnails: options.report.is_some(), ..scanner };
    let mut run = Run::new(options, files.len());
    let mut read = if options.json { Ok(()) } else { run.print(&table::header(width())) };
    in_order(
        workers,
        &files,
        |path| Done::with(&scanner, path, &wanted),
        |done| {
            read = run.take(done);
            if read.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        },
    );
    Ok(read.and_then(|()| run.finish(&scanner)).unwrap_or_else(unprinted))
}

/// Whoever read our output may be gone; of anything else it says why.
fn unprinted(error: io::Error) -> ExitCode {
    if error.kind() != io::ErrorKind::BrokenPipe {
        let error = FileError::unwritable(Path::new("standard output"))(error);
        eprintln!("veritag: {}: {error}", error.code());
    }
    ExitCode::from(SOME_FAILED)
}

/// One asset, assessed and, if so asked, written.
struct Done {
    assessment: Assessment,
    thumbnails: Vec<Thumbnail>,
    /// The asset itself is not at fault.
    failed: bool,
    unwritten: Option<Error>,
}

impl Done {
    fn with(scanner: &Scanner, path: &Path, wanted: &Tags) -> Self {
        let scanned = scanner.scan(path);
        let assessment = if wanted.json || wanted.xmp { decided(path, scanned.assessment) } else { scanned.assessment };
        let failed = scanned.error.is_some_and(|error| error.blame() != Blame::Uploader);
        let written = if missing(&assessment) { Ok(Vec::new()) } else { tags::write(path, &assessment, wanted) };
        Self { assessment, thumbnails: scanned.thumbnails, failed, unwritten: written.err().map(Error::from) }
    }
}

/// With what a person has decided about these bytes, where tags say so: that is kept.
fn decided(path: &Path, assessment: Assessment) -> Assessment {
    let review = assessment.asset.sha256.as_deref().and_then(|sha256| tags::review(path, sha256));
    match review {
        Some(review) => assessment.reviewed(review),
        None => assessment,
    }
}

/// What a run prints, keeps and remembers.
struct Run<'a> {
    options: &'a Scan,
    begun: Instant,
    bar: ProgressBar,
    entries: Vec<Entry>,
    all: Vec<Assessment>,
    some_failed: bool,
    unwritten: Vec<Error>,
}

impl<'a> Run<'a> {
    fn new(options: &'a Scan, files: usize) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}").expect("valid template");
        let bar = progress::bar(files).with_style(style);
        Self {
            options,
            begun: Instant::now(),
            bar,
            entries: vec![],
            all: vec![],
            some_failed: false,
            unwritten: vec![],
        }
    }

    fn take(&mut self, done: Done) -> io::Result<()> {
        let Done { assessment, thumbnails, failed, unwritten } = done;
        self.some_failed |= failed || unwritten.is_some();
        self.unwritten.extend(unwritten);
        if self.options.json {
            self.print(&serde_json::to_string(&assessment).expect("plain data serializes"))?;
        } else {
            self.print(&table::line(&assessment, width(), console::colors_enabled()))?;
        }
        if self.options.report.is_some() {
            self.entries.push(Entry { assessment: assessment.clone(), thumbnails });
        }
        self.all.push(assessment);
        self.bar.inc(1);
        Ok(())
    }

    fn print(&self, line: &str) -> io::Result<()> {
        self.bar.suspend(|| {
            let mut out = io::stdout().lock();
            writeln!(out, "{line}").and_then(|()| out.flush())
        })
    }

    fn finish(mut self, scanner: &Scanner) -> io::Result<ExitCode> {
        self.bar.finish_and_clear();
        if !self.options.json {
            let bundle = scanner.pool.bundle();
            self.print(&table::footer(&self.all, self.begun.elapsed(), &bundle.id))?;
            wording::expectation(&bundle.spec.metrics).map_or(Ok(()), |line| self.print(&wording::visible(&line)))?;
        }
        if let Some(path) = &self.options.report {
            let written = replace(path, report::html(&self.entries).as_bytes());
            self.some_failed |= written.is_err();
            self.unwritten.extend(written.err().map(Error::from));
        }
        self.unwritten.iter().for_each(|error| eprintln!("veritag: {}: {error}", error.code()));
        Ok(if self.some_failed { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
    }
}

/// Nothing is written beside an asset that is not there, or that we may not read.
fn missing(assessment: &Assessment) -> bool {
    matches!(assessment.reason, Some(Reason::NotFound | Reason::Unreadable))
}

/// Columns of the terminal; a pipe or a file gets whole paths.
fn width() -> usize {
    console::Term::stdout().size_checked().map_or(usize::from(u16::MAX), |(_, columns)| columns.into())
}

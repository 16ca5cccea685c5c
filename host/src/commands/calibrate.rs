//! `veritag calibrate`.

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use super::{SOME_FAILED, service};
use crate::calibration::{self, Advice, Case, Limits, Profile, Rates, Report};
use crate::cli::{Calibrate, Setup};
use crate::error::Error;
use crate::files::FileError;
use crate::records::Records;
use crate::sandbox::PluginManifest;

/// # Errors
/// What kept the scores from being read, or the profile from being kept.
pub fn run(setup: &Setup, options: &Calibrate) -> Result<ExitCode, Error> {
    let id = PluginManifest::find(setup.manifest.as_deref())?.library().read(setup.model.as_deref())?.id;
    let model = id.to_string();
    let config = service::configured(&options.service)?;
    let mut code = ExitCode::SUCCESS;
    service::run(async {
        let records = Records::new(service::database(&config).await?);
        let cases = match &options.csv {
            Some(file) => read(file)?,
            None => records.cases(&model, !options.seen).await?,
        };
        let limits = Limits { false_flags: options.false_flags, misses: options.misses };
        let report = Report::new(model, &cases, options.base_rate, limits);
        if options.json {
            println!("{}", serde_json::to_string(&report).expect("plain data serializes"));
        } else {
            show(&report);
        }
        if options.save {
            code = save(&records, &report, &options.by).await?;
        }
        Ok(())
    })?;
    Ok(code)
}

fn read(file: &Path) -> Result<Vec<Case>, FileError> {
    let wrong = |why: String| FileError::NoScores { path: file.to_owned(), why };
    let text = File::open(file).map_err(|error| wrong(error.to_string()))?;
    calibration::read(text).map_err(wrong)
}

fn show(report: &Report) {
    let Report { model, fake, genuine, base_rate, rates, advice, too_few } = report;
    println!("{model} on {fake} fake and {genuine} genuine assets; of uploads, {} are fake", percent(*base_rate));
    println!("fake from  fakes found          genuine flagged      per 10,000 uploads  precision");
    rates.iter().for_each(|at| println!("{}", row(at)));
    if let Some(few) = too_few {
        println!("{few}");
    }
    match advice {
        Some(Advice { band: [low, high], unsure }) => println!(
            "real up to {low:.3}, fake from {high:.3} keep both limits and leave {} unsure; --save has later assessments follow",
            percent(*unsure)
        ),
        None => println!("no band keeps these limits for sure: decide on more assets, or allow more"),
    }
}

fn row(at: &Rates) -> String {
    let share =
        |share: f64, [low, high]: [f64; 2]| format!("{} ({} to {})", percent(share), percent(low), percent(high));
    let precision = at.precision.map_or("-".into(), percent);
    let found = share(at.recall, at.recall_interval);
    let flagged = share(at.false_flags, at.false_flags_interval);
    format!("{:<9.2}  {found:<19}  {flagged:<19}  {:>18.0}  {precision}", at.threshold, at.false_flags_per_10000)
}

fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent == 0.0 || percent >= 9.95 { format!("{percent:.0} %") } else { format!("{percent:.1} %") }
}

async fn save(records: &Records, report: &Report, by: &str) -> Result<ExitCode, Error> {
    let Some(advice) = &report.advice else {
        eprintln!("veritag: calibrate-no-band: nothing is kept");
        return Ok(ExitCode::from(SOME_FAILED));
    };
    let kept = records.keep_profile(&Profile::advised(report.model.clone(), advice), by).await?;
    println!("profile {}: assessments from now on follow it", kept.number);
    Ok(ExitCode::SUCCESS)
}

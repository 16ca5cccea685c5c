//! `veritag rescan`: find what hooks have missed, or what is to be done again.

use std::collections::HashSet;
use std::process::ExitCode;

use super::{SOME_FAILED, service};
use crate::assessment::wording::visible;
use crate::cli::{Rescan, Setup};
use crate::config::{Config, Source};
use crate::error::Error;
use crate::fetch::Fetcher;
use crate::ingest::HookError;
use crate::jobs::Ingest;
use crate::records::{KnownLocation, Records, State};
use crate::sandbox::PluginManifest;
use crate::upload_event::{Location, UploadEvent};

/// What is to be done about one source.
#[derive(Default)]
struct Plan {
    /// In the library, and never announced.
    missing: Vec<UploadEvent>,
    /// Ids of jobs to be done again.
    redo: Vec<String>,
    /// How many there are in the library.
    all: usize,
}

/// # Errors
/// What kept the library or the records from being read.
pub fn run(setup: &Setup, options: &Rescan) -> Result<ExitCode, Error> {
    let config = service::configured(&options.service)?;
    service::start_logs();
    let model = PluginManifest::find(setup.manifest.as_deref())?.library().read(setup.model.as_deref())?.id.sha256;
    let mut code = ExitCode::SUCCESS;
    service::run(async {
        let (database, fetcher) = (service::database(&config).await?, Fetcher::new(&config)?);
        let ingest = Ingest::new(Records::new(database))?;
        for source in named(&config, &options.sources)? {
            let plan = match plan(&ingest, &fetcher, source, options, &model).await {
                Ok(plan) => plan,
                Err(error) => {
                    eprintln!("veritag: {}: the library of source {} is left out: {error}", error.code(), source.name);
                    code = ExitCode::from(SOME_FAILED);
                    continue;
                }
            };
            println!("{}: {} in the library, {}", source.name, plan.all, summary(&plan));
            if options.apply {
                apply(&ingest, source, &plan).await?;
            } else {
                plan.missing.iter().for_each(|event| println!("  would take {}", visible(&event.location.to_string())));
            }
        }
        Ok(())
    })?;
    if !options.apply {
        println!("nothing was done: --apply does it, for a running `veritag serve` to work on");
    }
    Ok(code)
}

fn named<'a>(config: &'a Config, names: &[String]) -> Result<Vec<&'a Source>, Error> {
    if names.is_empty() {
        return Ok(config.sources.iter().collect());
    }
    let find = |name: &String| config.sources.iter().find(|source| source.name == *name);
    names.iter().map(|name| find(name).ok_or_else(|| HookError::UnknownSource(name.clone()).into())).collect()
}

async fn plan(
    ingest: &Ingest,
    fetcher: &Fetcher,
    source: &Source,
    options: &Rescan,
    model: &str,
) -> Result<Plan, Error> {
    let known = ingest.records.known_locations(&source.name).await?;
    let library = fetcher.list(source).await?;
    let all = library.len();
    let there: HashSet<String> = library.iter().map(|event| source.address(&event.location)).collect();
    let wanted = |known: &KnownLocation| match known.state {
        State::Waiting => false,
        State::Failed => options.failed || options.all,
        State::Done => options.all || options.other_models && known.model.as_deref() != Some(model),
    };
    // Uploads and URLs are in no library, and are not lost for that.
    let unlisted = |known: &KnownLocation| matches!(known.location, Location::Upload { .. } | Location::Url(_));
    let failed = |known: &KnownLocation| known.state == State::Failed;
    let redo = known
        .iter()
        .filter(|(address, known)| wanted(known) && (there.contains(*address) || failed(known) && unlisted(known)));
    let redo = redo.map(|(_, known)| known.job.clone()).collect();
    let missing = library.into_iter().filter(|event| !known.contains_key(&source.address(&event.location))).collect();
    Ok(Plan { missing, redo, all })
}

fn summary(plan: &Plan) -> String {
    format!("{} missing, {} to do again", plan.missing.len(), plan.redo.len())
}

async fn apply(ingest: &Ingest, source: &Source, plan: &Plan) -> Result<(), Error> {
    ingest.receive(source, &plan.missing).await?;
    for id in &plan.redo {
        ingest.redo(id).await?;
    }
    Ok(())
}

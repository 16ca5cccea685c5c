//! `veritag sweep`: what hooks have missed, and what another model or a better day may do better.

use std::collections::HashSet;
use std::process::ExitCode;

use super::service;
use crate::cli::{Setup, Sweep};
use crate::config::{Config, Source};
use crate::error::Error;
use crate::fetch::Fetcher;
use crate::ingest::{Arrival, HookError};
use crate::jobs::Intake;
use crate::sandbox::PluginManifest;
use crate::store::{Known, State};

/// What is to be done about one source.
#[derive(Default)]
struct Plan {
    /// In the library, and never announced.
    missing: Vec<Arrival>,
    /// Ids of arrivals to be done again.
    again: Vec<String>,
    /// How many there are in the library.
    all: usize,
}

/// # Errors
/// What kept the library or the records from being read.
pub fn run(setup: &Setup, options: &Sweep) -> Result<ExitCode, Error> {
    let config = service::configured(&options.service)?;
    service::start_logs();
    let model = PluginManifest::find(setup.manifest.as_deref())?.library().read(setup.model.as_deref())?.id.sha256;
    service::run(async {
        let (intake, fetcher) = (service::intake(&config).await?, Fetcher::new(&config)?);
        for source in named(&config, &options.sources)? {
            let plan = plan(&intake, &fetcher, source, options, &model).await?;
            println!("{}: {} in the library, {}", source.name, plan.all, words(&plan));
            if options.apply {
                apply(&intake, source, &plan).await?;
            } else {
                plan.missing.iter().for_each(|arrival| println!("  would take {}", arrival.place));
            }
        }
        Ok(())
    })?;
    if !options.apply {
        println!("nothing was done: --apply does it, for a running `veritag serve` to work on");
    }
    Ok(ExitCode::SUCCESS)
}

fn named<'a>(config: &'a Config, names: &[String]) -> Result<Vec<&'a Source>, Error> {
    if names.is_empty() {
        return Ok(config.sources.iter().collect());
    }
    let find = |name: &String| config.sources.iter().find(|source| source.name == *name);
    names.iter().map(|name| find(name).ok_or_else(|| HookError::UnknownSource(name.clone()).into())).collect()
}

async fn plan(
    intake: &Intake,
    fetcher: &Fetcher,
    source: &Source,
    options: &Sweep,
    model: &str,
) -> Result<Plan, Error> {
    let known = intake.store.known_places(&source.name).await?;
    let library = fetcher.list(source).await?;
    let all = library.len();
    let there: HashSet<String> = library.iter().map(|arrival| source.address(&arrival.place)).collect();
    let wanted = |known: &Known| match known.state {
        State::Waiting => false,
        State::Failed => options.failed || options.all,
        State::Done => options.all || options.other_models && known.model.as_deref() != Some(model),
    };
    // Uploads and URLs are in no library, and are not lost for that.
    let unlisted = |place: &str| ["upload ", "url "].iter().any(|kind| place.starts_with(kind));
    let failed = |known: &Known| known.state == State::Failed;
    let again = known
        .iter()
        .filter(|(place, known)| wanted(known) && (there.contains(*place) || failed(known) && unlisted(place)));
    let again = again.map(|(_, known)| known.id.clone()).collect();
    let missing = library.into_iter().filter(|arrival| !known.contains_key(&source.address(&arrival.place))).collect();
    Ok(Plan { missing, again, all })
}

fn words(plan: &Plan) -> String {
    format!("{} missing, {} to do again", plan.missing.len(), plan.again.len())
}

async fn apply(intake: &Intake, source: &Source, plan: &Plan) -> Result<(), Error> {
    intake.receive(source, &plan.missing).await?;
    for id in &plan.again {
        intake.again(id).await?;
    }
    Ok(())
}

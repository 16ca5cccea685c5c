//! `veritag model`.

use std::process::ExitCode;

use veritag_abi::bundle::{Bundle as Card, Metric, SelfTest};

use super::{SOME_FAILED, import, start};
use crate::assessment::wording;
use crate::cli::{Model, Setup};
use crate::error::Error;
use crate::locate;
use crate::model::library::{Library, name_of};
use crate::model::{Bundle, ModelError, self_test};
use crate::sandbox::PluginManifest;

/// # Errors
/// What kept the command from doing its work at all.
pub fn run(setup: &Setup, command: &Model) -> Result<ExitCode, Error> {
    let manifest = locate::manifest(setup.manifest.as_deref())?;
    let library = Library::of(&manifest);
    match command {
        Model::List => list(&library),
        Model::Verify { names } => return Ok(verify(setup, &manifest, &library, names)),
        Model::Import(options) => import::run(setup, &manifest, &library, options)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(library: &Library) {
    for (directory, card) in library.list() {
        let name = name_of(&directory);
        let mark = if name == library.default { "*" } else { " " };
        match card {
            Ok(card) => {
                println!("{mark} {name} {}: {}", card.model.version, card.model.architecture);
                standing(&card).iter().for_each(|line| println!("    {line}"));
            }
            Err(error) => println!("{mark} {name}: {}: {error}", error.code()),
        }
    }
}

fn standing(card: &Card) -> Vec<String> {
    match card.metrics.as_slice() {
        _ if !card.may_tag() => vec!["untrained or without a self-test: tags nothing".into()],
        [] => vec!["no figures given".into()],
        metrics => metrics.iter().map(figure).collect(),
    }
}

fn figure(metric: &Metric) -> String {
    format!("{} on {}", wording::figure(metric), wording::measured_on(metric))
}

fn verify(setup: &Setup, manifest: &PluginManifest, library: &Library, names: &[String]) -> ExitCode {
    let all = || library.list().into_iter().map(|(directory, _)| directory.to_string_lossy().into_owned()).collect();
    let names: Vec<String> = if names.is_empty() { all() } else { names.to_vec() };
    let mut good = true;
    for name in &names {
        match verify_one(setup, manifest, library, name) {
            Ok(told) => println!("ok    {told}"),
            Err(error) => {
                good = false;
                println!("wrong {name}: {}: {error}", error.code());
            }
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) }
}

/// Hashes are checked on reading, the self-test by the plugin on loading; then the sandbox and native tract must
/// agree on what the networks compute.
fn verify_one(setup: &Setup, manifest: &PluginManifest, library: &Library, name: &str) -> Result<String, Error> {
    let bundle = library.read(Some(name))?;
    let (id, test) = (bundle.id.clone(), bundle.card.self_test.clone());
    let pool = start::pool(setup, manifest.clone(), bundle)?;
    pool.with(|instance| instance.describe())?;
    let Some(test) = test else {
        return Ok(format!("{} {}: hashes match; without a self-test it tags nothing", id.name, id.version));
    };
    let native = compare(pool.bundle(), &test)?;
    let hash = &id.sha256[..12];
    Ok(format!("{} {}: hashes match, self-test passed, {native} (sha256 {hash})", id.name, id.version))
}

fn compare(bundle: &Bundle, test: &SelfTest) -> Result<String, ModelError> {
    let disagreement = |why: String| ModelError::Disagreement { name: bundle.id.name.clone(), why };
    let native = self_test::in_native_tract(bundle, test.frames)
        .map_err(|error| disagreement(format!("native tract cannot run it: {error:#}")))?;
    let apart = (native - test.logit).abs();
    if apart <= test.tolerance {
        return Ok(format!("native tract agrees within {apart:.1e}"));
    }
    Err(disagreement(format!("self-test gives {} in the sandbox and {native} in native tract", test.logit)))
}

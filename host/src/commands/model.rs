//! `veritag model`.

use std::process::ExitCode;

use veritag_abi::bundle::{Bundle, Metric};

use super::{SOME_FAILED, program, start};
use crate::assessment::wording;
use crate::cli::{Model, Setup};
use crate::error::Error;
use crate::model::Bundle as ModelBundle;
use crate::model::library::{Library, name_of};
use crate::sandbox::PluginManifest;

/// # Errors
/// What kept the command from doing its work at all.
pub fn run(setup: &Setup, command: &Model) -> Result<ExitCode, Error> {
    if let Model::Export { arguments } = command {
        return program::export(setup, arguments);
    }
    let manifest = PluginManifest::find(setup.manifest.as_deref())?;
    let library = manifest.library();
    Ok(match command {
        Model::List => list(&library),
        Model::Show { name } => {
            show(&library.read(name.as_deref().or(setup.model.as_deref()))?);
            ExitCode::SUCCESS
        }
        Model::Verify { names } => verify(setup, &manifest, &library, names),
        Model::Export { .. } => unreachable!("it has become another program"),
    })
}

fn list(library: &Library) -> ExitCode {
    for (directory, spec) in library.list() {
        let name = name_of(&directory);
        let mark = if name == library.default { "*" } else { " " };
        match spec {
            Ok(spec) => println!("{mark} {name} {}: {}", spec.model.version, standing(&spec)),
            Err(error) => println!("{mark} {name}: {}: {error}", error.code()),
        }
    }
    ExitCode::SUCCESS
}

fn standing(bundle: &Bundle) -> String {
    match bundle.metrics.first() {
        _ if !bundle.may_tag() => "untrained or without a self-test: tags nothing".into(),
        None => "no figures given".into(),
        Some(metric) => figure(metric),
    }
}

fn figure(metric: &Metric) -> String {
    format!("{} on {}", wording::figure(metric), wording::measured_on(metric))
}

/// Everything that helps a person to decide whether to trust the bundle.
fn show(bundle: &ModelBundle) {
    let Bundle { model, output, metrics, parts, .. } = &bundle.spec;
    println!("{} {}: {}", model.name, model.version, model.architecture);
    println!("verdicts: {}; threshold {}", wording::bands(output.band, output.still_band), output.threshold);
    println!("calibrated on: {}", output.calibration.fitted_on);
    output.still.iter().for_each(|still| println!("    of stills: {}", still.fitted_on));
    println!("not looked for: {}", model.blind_to.join(", "));
    println!("limits: {}", model.limits);
    model.missing.iter().for_each(|missing| println!("missing: {missing}"));
    println!("trained on: {}", model.training_data);
    println!("licence: {}", model.licence);
    println!("sha256: {}", bundle.id.sha256);
    parts.iter().for_each(|part| println!("    {} {}", part.sha256, part.file));
    println!("figures:");
    metrics.iter().for_each(|metric| println!("    {}", figure(metric)));
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

/// Hashes are checked on reading, the self-test by the plugin on loading.
fn verify_one(setup: &Setup, manifest: &PluginManifest, library: &Library, name: &str) -> Result<String, Error> {
    let bundle = library.read(Some(name))?;
    let (id, tested) = (bundle.id.clone(), bundle.spec.self_test.is_some());
    start::pool(setup, manifest.clone(), bundle)?.with(|instance| instance.describe())?;
    let tested = if tested { "self-test passed" } else { "without a self-test it tags nothing" };
    Ok(format!("{} {}: hashes match, {tested} (sha256 {})", id.name, id.version, &id.sha256[..12]))
}

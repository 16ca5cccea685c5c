//! `veritag cross-check`.

use std::process::ExitCode;

use veritag::cli::Setup;
use veritag::commands::SOME_FAILED;
use veritag::model::{Bundle, ModelError};
use veritag::sandbox::PluginManifest;
use veritag_abi::bundle::SelfTest;

use crate::error::Error;
use crate::self_test;

/// # Errors
/// What kept the command from doing its work at all.
pub fn run(setup: &Setup, names: &[String]) -> Result<ExitCode, Error> {
    let library = PluginManifest::find(setup.manifest.as_deref())?.library();
    let with_self_test =
        library.list().into_iter().filter(|(_, spec)| spec.as_ref().is_ok_and(|it| it.self_test.is_some()));
    let all = with_self_test.map(|(directory, _)| directory.to_string_lossy().into_owned());
    let names: Vec<String> = if names.is_empty() { all.collect() } else { names.to_vec() };
    let mut good = true;
    for name in &names {
        match library.read(Some(name)).and_then(|bundle| check(&bundle)) {
            Ok(agreement) => println!("ok    {name}: {agreement}"),
            Err(error) => {
                good = false;
                println!("wrong {name}: {}: {error}", error.code());
            }
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}

/// The self-test's answer came from the sandbox, and is checked there whenever the bundle is loaded.
fn check(bundle: &Bundle) -> Result<String, ModelError> {
    let Some(SelfTest { frames, logit, tolerance }) = bundle.spec.self_test else {
        return Ok("it has no self-test to compare".into());
    };
    let disagreement = |why: String| ModelError::Disagreement { name: bundle.id.name.clone(), why };
    let native = self_test::in_native_tract(bundle, frames)
        .map_err(|error| disagreement(format!("native tract cannot run it: {error:#}")))?;
    let apart = (native - logit).abs();
    if apart <= tolerance {
        return Ok(format!("native tract agrees within {apart:.1e}"));
    }
    Err(disagreement(format!("self-test gives {logit} in the sandbox and {native} in native tract")))
}

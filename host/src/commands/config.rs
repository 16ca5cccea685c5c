//! `veritag config`.

use std::process::ExitCode;

use super::SOME_FAILED;
use crate::assessment::plain_name;
use crate::cli::ConfigCommand;
use crate::config::{self, Source};
use crate::error::Error;
use crate::fetch::Fetcher;
use crate::http::App;
use crate::runner;
use crate::webhooks;

/// # Errors
/// What is wrong with the configuration.
pub fn run(command: &ConfigCommand) -> Result<ExitCode, Error> {
    let ConfigCommand::Check { file } = command;
    let config = config::load(file.as_deref(), config::variables())?;
    App::sources(&config)?;
    Fetcher::new(&config)?;
    webhooks::check(&config.webhooks)?;
    runner::check(&config.runner)?;
    println!(
        "ok    listens on {}, keeps records in {}",
        config.service.listen,
        without_password(&config.service.database)
    );
    for source in &config.sources {
        println!("ok    source {} speaks {}: /v1/hooks/{}", source.name, plain_name(&source.dialect), source.name);
    }
    let absent = |source: &&Source| source.root.as_ref().is_some_and(|root| !root.is_dir());
    let mut code = ExitCode::SUCCESS;
    for source in config.sources.iter().filter(absent) {
        println!("to do source {}: its root is no directory on this machine", source.name);
        code = ExitCode::from(SOME_FAILED);
    }
    Ok(code)
}

/// The database's URL, less what stands between its user's name and `@`.
fn without_password(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?))) {
        Some((scheme, (user, rest))) => format!("{scheme}://{}:…@{rest}", user.split(':').next().unwrap_or_default()),
        None => url.to_owned(),
    }
}

//! What each command does.

mod crops;
mod cross_check;
mod evaluate;
mod import;

use std::process::ExitCode;

use veritag::commands::NOT_STARTED;

use crate::cli::{Cli, Command};

/// Runs the command and prints what went wrong, if nothing could be started.
pub fn run(cli: &Cli) -> ExitCode {
    let outcome = match &cli.command {
        Command::Evaluate(options) => evaluate::run(&cli.setup, options),
        Command::Crops(options) => crops::run(&cli.setup, options),
        Command::Import(options) => import::run(&cli.setup, options),
        Command::CrossCheck { names } => cross_check::run(&cli.setup, names),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("veritag-lab: {}: {error}", error.code());
        ExitCode::from(NOT_STARTED)
    })
}

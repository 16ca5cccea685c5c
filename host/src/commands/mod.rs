//! What each command does.

mod audit;
mod calibrate;
mod config;
mod doctor;
mod exchange;
mod explain;
mod hook;
mod manual;
mod model;
mod program;
pub mod progress;
mod rescan;
pub mod review;
mod scan;
mod serve;
mod service;
pub mod start;
mod untag;
mod watch;

use std::process::ExitCode;

use crate::cli::{Cli, Command};

/// Exit statuses, as `veritag --help` documents them.
pub const SOME_FAILED: u8 = 1;
pub const NOT_STARTED: u8 = 3;

/// Runs the command and prints what went wrong, if nothing could be started.
pub fn run(cli: &Cli) -> ExitCode {
    // When the reader of their output closes the pipe, the other commands end silently.
    let handles_broken_pipe = matches!(cli.command, Command::Scan(_) | Command::Serve(_) | Command::Watch(_));
    if !handles_broken_pipe {
        sigpipe::reset();
    }
    let outcome = match &cli.command {
        Command::Scan(options) => scan::run(&cli.setup, options),
        Command::Explain(options) => explain::run(&cli.setup, options),
        Command::Serve(options) => serve::run(&cli.setup, options),
        Command::Config(command) => config::run(command),
        Command::Watch(options) => watch::run(&cli.setup, options),
        Command::Rescan(options) => rescan::run(&cli.setup, options),
        Command::Hook(options) => hook::run(options),
        Command::Untag(options) => untag::run(options),
        Command::Review(command) => review::run(command),
        Command::Calibrate(options) => calibrate::run(&cli.setup, options),
        Command::Audit(command) => audit::run(command),
        Command::Model(command) => model::run(&cli.setup, command),
        Command::Other(arguments) => program::run(&cli.setup, arguments),
        Command::Doctor => Ok(doctor::run(&cli.setup)),
        Command::Completions { shell } => Ok(manual::completions(*shell)),
        Command::Man { directory } => manual::pages(directory),
        Command::Schema => {
            print!("{}", crate::assessment::JSON_SCHEMA);
            Ok(ExitCode::SUCCESS)
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("veritag: {}: {error}", error.code());
        ExitCode::from(NOT_STARTED)
    })
}

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    veritag_runner::commands::run(&veritag_runner::cli::Cli::parse())
}

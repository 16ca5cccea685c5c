use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    veritag_lab::commands::run(&veritag_lab::cli::Cli::parse())
}

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    veritag::commands::run(&veritag::cli::Cli::parse())
}

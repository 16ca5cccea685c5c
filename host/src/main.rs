use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Two libraries that encrypt have two ideas of how; this is the one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    veritag::commands::run(&veritag::cli::Cli::parse())
}

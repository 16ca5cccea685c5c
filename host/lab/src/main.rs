use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Who reads what is printed may leave: that ends the program without a word, as it does others.
    sigpipe::reset();
    veritag_lab::commands::run(&veritag_lab::cli::Cli::parse())
}

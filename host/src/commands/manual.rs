//! `veritag completions` and `veritag man`: the command line, for shells and for `man`.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::Error;
use crate::files::FileError;

pub fn completions(shell: Shell) -> ExitCode {
    clap_complete::generate(shell, &mut Cli::command(), "veritag", &mut io::stdout());
    ExitCode::SUCCESS
}

/// # Errors
/// When `directory` cannot be written to.
pub fn pages(directory: &Path) -> Result<ExitCode, Error> {
    clap_mangen::generate_to(Cli::command(), directory).map_err(FileError::unwritable(directory))?;
    Ok(ExitCode::SUCCESS)
}

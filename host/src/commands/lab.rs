//! The commands of the laboratory, which is a program of its own, as the subcommands of git are.

use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::CommandFactory;

use crate::cli::{Cli, LAB, Setup};
use crate::error::Error;

const PROGRAM: &str = "veritag-lab";

/// Becomes `veritag-lab ARGUMENTS…`; does not return if that goes well.
///
/// # Errors
/// [`Error::NoLab`] if it is not there.
pub fn run(setup: &Setup, arguments: &[OsString]) -> Result<ExitCode, Error> {
    let name = arguments[0].to_string_lossy();
    if !LAB.contains(&&*name) {
        let unknown = format!("unrecognized subcommand '{name}'");
        Cli::command().error(clap::error::ErrorKind::InvalidSubcommand, unknown).exit();
    }
    let beside = env::current_exe().ok().map(|executable| executable.with_file_name(PROGRAM));
    let program = beside.filter(|program| program.is_file()).unwrap_or(PROGRAM.into());
    let why = Command::new(program).args(arguments).envs(environment(setup)).exec();
    Err(Error::NoLab { command: name.into_owned(), why: (why.kind() != ErrorKind::NotFound).then(|| why.to_string()) })
}

/// What was said before the command.
fn environment(setup: &Setup) -> impl Iterator<Item = (&'static str, OsString)> {
    let path = |path: &Option<PathBuf>| path.clone().map(OsString::from);
    let options = [
        ("VERITAG_MANIFEST", path(&setup.manifest)),
        ("VERITAG_MODEL", setup.model.clone().map(OsString::from)),
        ("VERITAG_WORKERS", setup.workers.map(|workers| workers.to_string().into())),
        ("VERITAG_FFMPEG", path(&setup.ffmpeg)),
        ("VERITAG_FFPROBE", path(&setup.ffprobe)),
    ];
    options.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

//! The commands of the laboratory and of the runner, which are programs of their own, as the subcommands of git are.

use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::CommandFactory;

use crate::cli::{Cli, LAB, RUNNER, Setup};
use crate::error::Error;

/// Becomes the program whose command `arguments` begin with; does not return if that goes well.
///
/// # Errors
/// [`Error::NoProgram`] if it is not there.
pub fn run(setup: &Setup, arguments: &[OsString]) -> Result<ExitCode, Error> {
    let name = arguments[0].to_string_lossy();
    if name == RUNNER {
        become_program(setup, "veritag-runner", &arguments[1..])
    } else if LAB.contains(&&*name) {
        become_program(setup, "veritag-lab", arguments)
    } else {
        let unknown = format!("unrecognized subcommand '{name}'");
        Cli::command().error(clap::error::ErrorKind::InvalidSubcommand, unknown).exit()
    }
}

/// Writes a bundle as another server wants it, which is the runner's work.
///
/// # Errors
/// [`Error::NoProgram`].
pub fn export(setup: &Setup, arguments: &[OsString]) -> Result<ExitCode, Error> {
    become_program(setup, "veritag-runner", &[&["export".into()], arguments].concat())
}

fn become_program(setup: &Setup, program: &'static str, arguments: &[OsString]) -> Result<ExitCode, Error> {
    let beside = env::current_exe().ok().map(|executable| executable.with_file_name(program));
    let path = beside.filter(|path| path.is_file()).unwrap_or(program.into());
    let why = Command::new(path).args(arguments).envs(environment(setup)).exec();
    Err(Error::NoProgram { program, why: (why.kind() != ErrorKind::NotFound).then(|| why.to_string()) })
}

/// What was said before the command.
fn environment(setup: &Setup) -> impl Iterator<Item = (&'static str, OsString)> {
    let path = |path: &Option<PathBuf>| path.clone().map(OsString::from);
    let options = [
        ("VERITAG_MANIFEST", path(&setup.manifest)),
        ("VERITAG_MODEL", setup.model.clone().map(OsString::from)),
        ("VERITAG_WORKERS", setup.workers.map(|workers| workers.to_string().into())),
        ("VERITAG_RUNNER", setup.runner.clone().map(OsString::from)),
        ("VERITAG_FFMPEG", path(&setup.ffmpeg)),
        ("VERITAG_FFPROBE", path(&setup.ffprobe)),
    ];
    options.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

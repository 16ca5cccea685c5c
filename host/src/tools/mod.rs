//! ffmpeg and ffprobe: finding them, and running them within bounds.

mod error;
mod process;
mod tail;

pub use error::ToolError;
pub use process::{Ended, Running};
pub use tail::last_line;

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How a child names its standard input: a file to seek in, unlike `pipe:0`.
pub const INPUT: &str = "file:/dev/stdin";

const ADVICE: &str = "install ffmpeg 5.1 or newer (Debian: apt install ffmpeg), or name the programs in \
    VERITAG_FFMPEG and VERITAG_FFPROBE";
const OLDEST: (u32, u32) = (5, 1);

/// The two programs that read media, and what the build of ffmpeg can do.
#[derive(Clone, Debug)]
pub struct Tools {
    pub ffmpeg: PathBuf,
    pub ffprobe: PathBuf,
    /// As ffmpeg says it: `5.1.9-0+deb12u1`.
    pub version: String,
    /// Built with libzimg, and so able to tone-map HDR.
    pub zimg: bool,
}

impl Tools {
    /// Takes the given paths; else the programs beside our own; else those on `PATH`.
    ///
    /// # Errors
    /// [`ToolError::NotFound`], [`ToolError::Unusable`] when ffmpeg does not start,
    /// [`ToolError::TooOld`] below 5.1, [`ToolError::Timeout`] when it does not answer in 10 s.
    pub fn find(ffmpeg: Option<PathBuf>, ffprobe: Option<PathBuf>) -> Result<Self, ToolError> {
        let ffmpeg = locate("ffmpeg", ffmpeg)?;
        let ffprobe = locate("ffprobe", ffprobe)?;
        let about = about(&ffmpeg)?;
        let version = version(&about).unwrap_or("unknown").to_owned();
        if number(&version).is_some_and(|n| n < OLDEST) {
            return Err(ToolError::TooOld { program: ffmpeg, version });
        }
        Ok(Self { ffmpeg, ffprobe, version, zimg: about.contains("--enable-libzimg") })
    }
}

fn locate(program: &'static str, given: Option<PathBuf>) -> Result<PathBuf, ToolError> {
    let looked = given.clone().unwrap_or_else(|| "PATH".into());
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    let found = match given {
        Some(path) => Some(path).filter(|p| p.is_file()),
        None => places().into_iter().map(|place| place.join(&name)).find(|p| p.is_file()),
    };
    found.ok_or(ToolError::NotFound { program, looked, advice: ADVICE })
}

fn places() -> Vec<PathBuf> {
    let beside = env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
    let path = env::var_os("PATH").unwrap_or_default();
    beside.into_iter().chain(env::split_paths(&path)).collect()
}

fn about(ffmpeg: &Path) -> Result<String, ToolError> {
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut command = Command::new(ffmpeg);
    let ended = Running::start(command.arg("-version").stdin(Stdio::null()), deadline)?.capture(64 << 10)?;
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}

/// `ffmpeg version 5.1.9-0+deb12u1 Copyright …` → `5.1.9-0+deb12u1`
fn version(about: &str) -> Option<&str> {
    about.strip_prefix("ffmpeg version ")?.split_whitespace().next()
}

/// Major and minor; none for a build from git (`N-109542-g…`), which is taken as new enough.
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches('n').split(|c: char| !c.is_ascii_digit());
    let major = parts.next()?.parse().ok()?;
    Some((major, parts.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        assert_eq!(version("ffmpeg version 5.1.9-0+deb12u1 Copyright (c)"), Some("5.1.9-0+deb12u1"));
        let numbers = ["5.1.9-0+deb12u1", "n7.1", "4.4.2-0ubuntu0.22.04.1", "8", "N-109542-gd2d8b9b972"];
        assert_eq!(numbers.map(number), [Some((5, 1)), Some((7, 1)), Some((4, 4)), Some((8, 0)), None]);
    }

    #[test]
    fn says_what_to_do_when_missing() {
        let error = Tools::find(Some("/nowhere/ffmpeg".into()), None).unwrap_err();
        assert_eq!(error.code(), "ffmpeg-not-found");
        assert!(error.to_string().contains("apt install ffmpeg"), "{error}");
    }

    #[test]
    fn says_when_it_does_not_start() {
        let error = Tools::find(Some("Cargo.toml".into()), None).unwrap_err();
        assert_eq!(error.code(), "ffmpeg-unusable");
    }
}

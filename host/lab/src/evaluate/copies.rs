//! Makes the degraded copy of one asset.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::degradation::Degradation;
use crate::dataset::MediaKind;
use veritag::media::error::MediaError;
use veritag::media::{Limits, source};
use veritag::tools::Tools;
use veritag::tools::{Ended, INPUT, Running};

/// Writes the copy of the asset at `path` as `directory/NAME.mp4` or `.jpg`, over whatever is there, and gives its
/// path. The child sees the asset as its standard input, as everywhere.
///
/// # Errors
/// `media-*` where the asset cannot be read or decoded, `ffmpeg-timeout` at the deadline.
pub fn make(
    tools: &Tools,
    limits: &Limits,
    (path, kind): (&Path, MediaKind),
    degradation: &Degradation,
    (directory, name): (&Path, &str),
    deadline: Instant,
) -> Result<PathBuf, MediaError> {
    let copy = directory.join(name).with_extension(Degradation::extension(kind));
    let mut command = Command::new(&tools.ffmpeg);
    source::read_from(&mut command, source::open(path, limits)?, limits);
    command.args(["-y", "-nostdin", "-threads", "1", "-filter_threads", "1", "-i", INPUT]);
    command.args(degradation.options(kind)).arg(&copy);
    let Ended { status, stderr, .. } = Running::start(&mut command, deadline)?.finish()?;
    match status.success() && copy.metadata().is_ok_and(|facts| facts.len() > 0) {
        true => Ok(copy),
        false => {
            let _ = std::fs::remove_file(copy);
            Err(source::blame_file(path, limits, &stderr, &format!("ffmpeg made no copy of it ({status})")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::degradation::ALL;
    use std::time::Duration;

    const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/media");

    fn copy(name: &str, kind: MediaKind, degradation: &Degradation, into: &Path) -> Result<PathBuf, MediaError> {
        let path = Path::new(FIXTURES).join(name);
        let tools = Tools::find(None, None).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        make(&tools, &Limits::default(), (&path, kind), degradation, (into, "a.b"), deadline)
    }

    /// Width, height and frames as ffprobe counts them.
    fn shape(path: &Path) -> [u32; 3] {
        let mut command = Command::new("ffprobe");
        command.args(["-v", "error", "-count_frames", "-select_streams", "v:0"]);
        command.args(["-show_entries", "stream=width,height,nb_read_frames", "-of", "csv=p=0"]).arg(path);
        let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
        let numbers: Vec<u32> = said.trim().split(',').map(|number| number.parse().unwrap()).collect();
        numbers.try_into().unwrap()
    }

    #[test]
    fn every_degradation_runs_on_a_video_and_an_image() {
        let directory = tempfile::tempdir().unwrap();
        for (name, kind) in [("real.mp4", MediaKind::Video), ("portrait.jpg", MediaKind::Image)] {
            let [width, height, frames] = shape(&Path::new(FIXTURES).join(name));
            for degradation in ALL.iter().filter(|degradation| degradation.fits(kind)) {
                let copy = copy(name, kind, degradation, directory.path());
                let copy = copy.unwrap_or_else(|error| panic!("{}: {error}", degradation.name));
                let [w, h, n] = shape(&copy);
                let near = |side: u32, of: u32, share: f64| (f64::from(side) - f64::from(of) * share).abs() <= 3.0;
                match degradation.name {
                    "double" | "pasted" => assert!(near(w, width, 2.0) && near(h, height, 2.0), "{w}×{h}"),
                    "half" => assert!(near(w, width, 0.5) && near(h, height, 0.5), "{w}×{h}"),
                    "quarter" => assert!(near(w, width, 0.25) && near(h, height, 0.25), "{w}×{h}"),
                    "letterboxed" => assert!(near(w, width, 1.0) && near(h, height, 1.5), "{w}×{h}"),
                    "screen-recorded" => assert!(near(w, width, 0.87) && near(h, height, 0.87), "{w}×{h}"),
                    "2-fps" => assert!(n < frames / 3, "{n} of {frames}"),
                    _ => assert!(near(w, width, 1.0) && near(h, height, 1.0) && n == frames, "{w}×{h}, {n}"),
                }
            }
        }
    }

    #[test]
    fn odd_sizes_and_odd_names_work_and_broken_files_are_named() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["odd-size.mp4", "name with spaces, 100%d {1}.mp4", "hdr.mp4", "rotated.mp4"] {
            for degradation in ALL.iter().filter(|d| ["half", "screen-recorded"].contains(&d.name)) {
                copy(name, MediaKind::Video, degradation, directory.path()).unwrap();
            }
        }
        let error = copy("text.mp4", MediaKind::Video, &ALL[0], directory.path()).unwrap_err();
        assert!(error.code().starts_with("media-"), "{error}");
    }
}

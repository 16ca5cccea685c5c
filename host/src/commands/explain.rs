//! `veritag explain`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use veritag_abi::{FaceScore, Verdict};

use super::{SOME_FAILED, start};
use crate::assessment::{Assessment, times, wording};
use crate::blame::Blame;
use crate::cli::{Explain, Setup};
use crate::config;
use crate::error::Error;
use crate::files::FileError;
use crate::scan::{CANNOT_SHOW, HeatMap, Scanner};

/// # Errors
/// What keeps the asset from being assessed, or a picture from being made or written.
pub fn run(setup: &Setup, options: &Explain) -> Result<ExitCode, Error> {
    start::start_threads(start::workers(setup));
    let timeout = Duration::from_secs(options.timeout.into());
    let scanner = start::scanner(setup, &config::Runner::default(), 1, options.windows.into(), timeout)?;
    let scanned = scanner.scan(&options.asset);
    println!("{}", scanned.assessment.text);
    if let Some(error) = scanned.error {
        eprintln!("veritag: {}: {error}", error.code());
        return Ok(if error.blame() == Blame::Uploader { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) });
    }
    let faces = faces(&scanned.assessment, options.all);
    fs::create_dir_all(&options.out).map_err(FileError::unwritable(&options.out))?;
    for &(window, face) in &faces {
        show(&scanner, options, &scanned.assessment, window, face)?;
    }
    if faces.is_empty() {
        println!("No face to explain{}.", if options.all { "" } else { "; --all explains those that look real too" });
    } else {
        println!("Vermilion speaks for fake, blue for real. {CANNOT_SHOW}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Window and index of each face that was judged, and may be fake unless `all` are wanted.
fn faces(assessment: &Assessment, all: bool) -> Vec<(usize, usize)> {
    let band = assessment.band.unwrap_or_default();
    let wanted = |face: &FaceScore| face.score.is_some_and(|score| all || Verdict::of(score, band) != Verdict::Real);
    let windows = assessment.windows.iter().enumerate();
    let faces = windows.flat_map(|(nth, window)| window.faces.iter().enumerate().map(move |(i, face)| (nth, i, face)));
    faces.filter(|(.., face)| wanted(face)).map(|(window, face, _)| (window, face)).collect()
}

fn show(scanner: &Scanner, options: &Explain, seen: &Assessment, window: usize, face: usize) -> Result<(), Error> {
    let map = scanner.explain(&options.asset, seen, window, face)?;
    let path = picture(options, window, face);
    write(&path, &map)?;
    let found = &seen.windows[window].faces[face];
    let score = found.score.map(wording::score).unwrap_or_default();
    println!("{}: score {score} at {}", path.display(), times::clock(found.pts_us));
    Ok(())
}

fn write(path: &Path, map: &HeatMap) -> Result<(), Error> {
    Ok(fs::write(path, map.jpeg_with_map()).map_err(FileError::unwritable(path))?)
}

fn picture(options: &Explain, window: usize, face: usize) -> PathBuf {
    let name = options.asset.file_name().unwrap_or_default().to_string_lossy();
    options.out.join(format!("{name}.window-{}.face-{}.jpg", window + 1, face + 1))
}

//! `veritag untag`.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::ExitCode;

use super::SOME_FAILED;
use crate::cli::Untag;
use crate::error::Error;
use crate::scan::{inputs, sidecar};
use crate::tags::xmp;

/// # Errors
/// What kept the command from finding the assets.
pub fn run(options: &Untag) -> Result<ExitCode, Error> {
    let (mut untagged, mut failed) = (0, false);
    for asset in inputs::expand(&options.paths, io::stdin().lock())? {
        match untag(&asset) {
            Ok(found) => untagged += usize::from(found),
            Err(error) => {
                failed = true;
                eprintln!("veritag: {}: {error}", error.code());
            }
        }
    }
    println!("untagged {untagged}");
    Ok(if failed { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

fn untag(asset: &Path) -> Result<bool, Error> {
    let json = sidecar::path_of(asset);
    let document = match fs::remove_file(&json) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(sidecar::unwritable(&json, &error)),
    };
    Ok(xmp::sidecar::remove(asset)? || document)
}

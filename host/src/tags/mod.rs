//! What others get to see of an assessment: files beside the asset, and the keywords in them.

pub mod keywords;
pub mod xmp;

use std::path::Path;

use crate::assessment::Assessment;
use crate::config::Tags;
use crate::error::Error;
use crate::scan::sidecar;

/// Writes what is wanted beside `asset`; gives what kind of thing was written where. Doing it again changes nothing.
///
/// # Errors
/// [`Error`] when something cannot be written.
pub fn write(asset: &Path, assessment: &Assessment, wanted: &Tags) -> Result<Vec<(&'static str, String)>, Error> {
    let mut written = Vec::new();
    if wanted.json {
        written.push(("json", sidecar::write(asset, assessment)?));
    }
    if wanted.xmp {
        let keyword = wanted.words.keyword(assessment.verdict, assessment.review);
        written.push(("xmp", xmp::sidecar::write(asset, assessment, &keyword)?));
    }
    Ok(written.into_iter().map(|(target, path)| (target, path.to_string_lossy().into_owned())).collect())
}

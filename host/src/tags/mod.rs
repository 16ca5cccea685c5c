//! What others get to see of an assessment, and the only writer of it: sidecars beside the asset, tags of objects.
//!
//! What is not ours is never changed, and never removed.

mod error;
mod json;
mod keywords;
pub mod object;
mod xmp;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::assessment::{Assessment, Review};
pub use error::TagError;
pub use keywords::{Keyword, Keywords};

/// What is written beside assets that are files.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tags {
    /// ASSET.veritag.json
    pub json: bool,
    /// ASSET.xmp
    pub xmp: bool,
    #[serde(alias = "words")]
    pub keywords: Keywords,
}

impl Default for Tags {
    fn default() -> Self {
        Self { json: true, xmp: false, keywords: Keywords::default() }
    }
}

/// A kind of file beside an asset that says what was found.
trait Sidecar {
    /// Its name in the ledger.
    fn name(&self) -> &'static str;

    /// Whether these tags are to be written.
    fn is_wanted(&self, tags: &Tags) -> bool;

    /// Where it is, or would be.
    fn path_of(&self, asset: &Path) -> PathBuf;

    /// All files that may say something of ours about `asset`.
    fn places(&self, asset: &Path) -> Vec<PathBuf>;

    /// Whether a file is called as these are.
    fn is_named_so(&self, path: &Path) -> bool;

    /// Writes or changes it; the same again changes nothing.
    fn write(&self, path: &Path, assessment: &Assessment, keyword: &Keyword) -> Result<(), TagError>;

    /// What a person has decided about the bytes with this hash, as it says there.
    fn review(&self, path: &Path, sha256: &str) -> Option<Review>;

    /// Takes back what is ours. False, and nothing is written, if there is none.
    fn remove(&self, path: &Path) -> Result<bool, TagError>;
}

const SIDECARS: [&dyn Sidecar; 2] = [&json::Json, &xmp::Xmp];

/// Writes what is wanted beside `asset`, which is not opened, each whatever becomes of the other; gives the target and
/// place of each, for the ledger.
///
/// # Errors
/// [`TagError`] when something cannot be written, or what is there is not to be changed.
pub fn write(asset: &Path, assessment: &Assessment, tags: &Tags) -> Result<Vec<(&'static str, String)>, TagError> {
    let keyword = tags.keywords.keyword(assessment.verdict, assessment.review);
    let write = |sidecar: &dyn Sidecar| {
        let path = sidecar.path_of(asset);
        sidecar.write(&path, assessment, &keyword)?;
        Ok((sidecar.name(), path.to_string_lossy().into_owned()))
    };
    let written: Vec<_> = SIDECARS.into_iter().filter(|sidecar| sidecar.is_wanted(tags)).map(write).collect();
    written.into_iter().collect()
}

/// What a person has decided about an asset with this hash, as its sidecars say.
pub fn review(asset: &Path, sha256: &str) -> Option<Review> {
    let mut said = places(asset).filter_map(|(sidecar, path)| sidecar.review(&path, sha256));
    said.find(|review| *review != Review::NotReviewed)
}

/// Takes back all that [`write`] ever wrote beside `asset`, which may be gone; false if there was nothing.
///
/// # Errors
/// [`TagError`] when something cannot be changed, or is not ours.
pub fn remove(asset: &Path) -> Result<bool, TagError> {
    let removed: Vec<_> = places(asset).map(|(sidecar, path)| sidecar.remove(&path)).collect();
    removed.into_iter().try_fold(false, |found, removed| Ok(found | removed?))
}

/// All files that may say something of ours about `asset`, each with its kind.
fn places(asset: &Path) -> impl Iterator<Item = (&'static dyn Sidecar, PathBuf)> {
    SIDECARS.into_iter().flat_map(move |sidecar| sidecar.places(asset).into_iter().map(move |path| (sidecar, path)))
}

/// Whether a file is called as the sidecars of assets are.
pub fn is_sidecar(path: &Path) -> bool {
    SIDECARS.iter().any(|sidecar| sidecar.is_named_so(path))
}

/// Takes back what is ours in a sidecar, whatever has become of its asset; false if there is nothing.
///
/// # Errors
/// Those of [`remove`].
pub fn remove_from(sidecar: &Path) -> Result<bool, TagError> {
    let kind = SIDECARS.into_iter().find(|kind| kind.is_named_so(sidecar));
    kind.map_or(Ok(false), |kind| kind.remove(sidecar))
}

/// Takes back what is ours at a place of the ledger; false if nothing is there any more.
///
/// # Errors
/// [`TagError::UnknownTarget`], and those of [`remove`].
pub fn remove_at(target: &str, place: &str) -> Result<bool, TagError> {
    let sidecar = SIDECARS.into_iter().find(|sidecar| sidecar.name() == target);
    let unknown = || TagError::UnknownTarget { target: target.into(), place: place.into() };
    sidecar.ok_or_else(unknown)?.remove(Path::new(place))
}

/// `clip.mp4` with something after its whole name.
fn with_ending(asset: &Path, ending: &str) -> PathBuf {
    let mut name = asset.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::files::may_be_media;

    #[test]
    fn only_what_is_ours_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let asset = directory.path().join("a.jpg");
        let json = directory.path().join("a.jpg.veritag.json");
        fs::write(&json, "hi").unwrap();
        assert_eq!(remove(&asset).unwrap_err().code(), "tags-bad-sidecar");
        fs::write(&json, r#"{"schema": "veritag-assessment-7"}"#).unwrap();
        assert!(remove(&asset).unwrap() && !json.exists());
        assert!(!remove(&asset).unwrap());
    }

    #[test]
    fn a_sidecar_is_never_taken_for_an_asset() {
        for sidecar in SIDECARS {
            let path = sidecar.path_of(Path::new("a.jpg"));
            assert!(sidecar.is_named_so(&path) && !may_be_media(&path), "{}", path.display());
        }
    }

    #[test]
    fn what_nobody_here_knows_stays() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("a.jpg");
        fs::write(&place, "a picture").unwrap();
        assert_eq!(remove_at("iptc", place.to_str().unwrap()).unwrap_err().code(), "tags-unknown-target");
        assert!(place.exists());
    }
}

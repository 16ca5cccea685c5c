//! `clip.mp4.veritag.json`: the whole assessment, beside the asset.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Keyword, Sidecar, TagError, Tags, with_ending};
use crate::assessment::{Assessment, Review, SCHEMA};
use crate::files::{ASSESSMENT_ENDING, is_assessment, remove, replace};

/// More than the assessment of the longest film.
const MAX_BYTES: u64 = 64 << 20;

pub struct Json;

impl Sidecar for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn is_wanted(&self, tags: &Tags) -> bool {
        tags.json
    }

    fn path_of(&self, asset: &Path) -> PathBuf {
        with_ending(asset, ASSESSMENT_ENDING)
    }

    fn places(&self, asset: &Path) -> Vec<PathBuf> {
        vec![self.path_of(asset)]
    }

    fn is_named_so(&self, path: &Path) -> bool {
        is_assessment(path)
    }

    fn write(&self, path: &Path, assessment: &Assessment, _: &Keyword) -> Result<(), TagError> {
        if read(path).is_some_and(|there| is_same(&there, assessment)) {
            return Ok(());
        }
        if is_there(path) && !holds_assessment(path) {
            return Err(TagError::NotOurs { path: path.to_owned() });
        }
        Ok(replace(path, &serde_json::to_vec_pretty(assessment).expect("plain data serializes"))?)
    }

    fn remove(&self, path: &Path) -> Result<bool, TagError> {
        if !is_there(path) {
            return Ok(false);
        }
        if !holds_assessment(path) {
            return Err(TagError::NotOurs { path: path.to_owned() });
        }
        remove(path)?;
        Ok(true)
    }

    fn review(&self, path: &Path, sha256: &str) -> Option<Review> {
        read(path).filter(|there: &Assessment| there.asset.sha256.as_deref() == Some(sha256)).map(|there| there.review)
    }
}

/// A link that leads nowhere is there, too.
fn is_there(path: &Path) -> bool {
    !path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// What every version of the document has.
#[derive(Deserialize)]
struct Document {
    schema: String,
}

/// Whether it is an assessment, of whatever version.
fn holds_assessment(path: &Path) -> bool {
    let kind = SCHEMA.trim_end_matches(|c: char| c.is_ascii_digit());
    read(path).is_some_and(|found: Document| found.schema.starts_with(kind))
}

/// Whether the document says the same, whenever that was said and however long it took.
fn is_same(there: &Assessment, assessment: &Assessment) -> bool {
    let (assessed_at, elapsed_ms) = (there.assessed_at.clone(), there.elapsed_ms);
    Assessment { assessed_at, elapsed_ms, ..assessment.clone() } == *there
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_reader(BufReader::new(File::open(path).ok()?.take(MAX_BYTES))).ok()
}

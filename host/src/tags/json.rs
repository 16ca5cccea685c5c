//! `clip.mp4.veritag.json`: the whole assessment, beside the asset.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Keyword, Sidecar, TagError, with_ending};
use crate::assessment::{Assessment, SCHEMA};
use crate::files::{FileError, replace};

/// More than the assessment of the longest film.
const MAX_BYTES: u64 = 64 << 20;

pub struct Json;

impl Sidecar for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn path_of(&self, asset: &Path) -> PathBuf {
        with_ending(asset, ".veritag.json")
    }

    fn write(&self, path: &Path, assessment: &Assessment, _: &Keyword) -> Result<(), TagError> {
        Ok(replace(path, &serde_json::to_vec_pretty(assessment).expect("plain data serializes"))?)
    }

    fn remove(&self, path: &Path) -> Result<bool, TagError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            file => file,
        };
        let ours = file.is_ok_and(is_assessment);
        if !ours {
            return Err(TagError::NotOurs { path: path.to_owned() });
        }
        fs::remove_file(path).map_err(FileError::unwritable(path))?;
        Ok(true)
    }
}

/// What every version of the document has.
#[derive(Deserialize)]
struct Document {
    schema: String,
}

/// Whether it is an assessment, of whatever version.
fn is_assessment(file: File) -> bool {
    let kind = SCHEMA.trim_end_matches(|c: char| c.is_ascii_digit());
    serde_json::from_reader(BufReader::new(file.take(MAX_BYTES)))
        .is_ok_and(|found: Document| found.schema.starts_with(kind))
}

//! `clip.mp4.xmp`, or the `clip.xmp` that is there already.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{Packet, is_tagged, tag, untag};
use crate::assessment::Assessment;
use crate::files::{FileError, is_media, replace};
use crate::tags::{Keyword, Sidecar, TagError, with_ending};

/// More than any catalogue writes.
const MAX_BYTES: u64 = 16 << 20;

pub struct Xmp;

/// Where the XMP of `asset` is: never a second file beside one that a catalogue reads. `IMG.xmp` may be of `IMG.CR2` or
/// of `IMG.JPG`, so where both are there it is of neither.
fn path_of(asset: &Path) -> PathBuf {
    let (whole, short) = (with_ending(asset, ".xmp"), asset.with_extension("xmp"));
    if !whole.exists() && short.exists() && !has_twin(asset) { short } else { whole }
}

/// Whether another medium is called the same but for its ending.
fn has_twin(asset: &Path) -> bool {
    let entries = asset.parent().and_then(|directory| fs::read_dir(directory).ok());
    let mut paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    paths.any(|path| path != asset && path.file_stem() == asset.file_stem() && is_media(&path) && path.is_file())
}

impl Sidecar for Xmp {
    fn name(&self) -> &'static str {
        "xmp"
    }

    fn path_of(&self, asset: &Path) -> PathBuf {
        path_of(asset)
    }

    fn write(&self, path: &Path, assessment: &Assessment, keyword: &Keyword) -> Result<(), TagError> {
        let mut packet = read(path)?.unwrap_or_default();
        tag(&mut packet, assessment, keyword);
        Ok(replace(path, packet.text().trim_end().as_bytes())?)
    }

    /// A sidecar that held nothing else goes.
    fn remove(&self, path: &Path) -> Result<bool, TagError> {
        let Some(mut packet) = read(path)?.filter(is_tagged) else { return Ok(false) };
        match untag(&mut packet) {
            true => replace(path, packet.text().trim_end().as_bytes())?,
            false => fs::remove_file(path).map_err(FileError::unwritable(path))?,
        }
        Ok(true)
    }
}

fn read(path: &Path) -> Result<Option<Packet>, TagError> {
    let sidecar = |why: String| TagError::NoXmp { path: path.to_owned(), why };
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(sidecar(error.to_string())),
        Ok(_) if bytes.len() as u64 > MAX_BYTES => return Err(sidecar("it is larger than 16 MiB".into())),
        Ok(_) => {}
    }
    Packet::parse(&bytes).map(Some).map_err(|error| sidecar(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_of_one_medium_only() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        assert_eq!(path_of(&at("IMG.JPG")), at("IMG.JPG.xmp"));
        for name in ["IMG.JPG", "IMG.xmp", "IMG.JPG.veritag.json", "IMG.srt", "OTHER.CR2"] {
            fs::write(at(name), "").unwrap();
        }
        fs::create_dir(at("IMG")).unwrap();
        assert_eq!(path_of(&at("IMG.JPG")), at("IMG.xmp"));
        fs::write(at("IMG.CR2"), "").unwrap();
        assert_eq!([path_of(&at("IMG.JPG")), path_of(&at("IMG.CR2"))], [at("IMG.JPG.xmp"), at("IMG.CR2.xmp")]);
    }
}

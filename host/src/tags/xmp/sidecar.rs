//! `clip.mp4.xmp`, or the `clip.xmp` that is there already.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::name::SIDECAR_FOR;
use super::{Packet, create, is_tagged, review, untag, update};
use crate::assessment::{Assessment, Review};
use crate::files::{is_media, parent, remove, replace};
use crate::tags::{Keyword, Sidecar, TagError, Tags, with_ending};

/// More than any catalogue writes.
const MAX_BYTES: usize = 16 << 20;
const ENDINGS: [&str; 2] = ["xmp", "XMP"];

pub struct Xmp;

/// Where the XMP of `asset` is: never a second file beside one that a catalogue reads. `IMG.xmp` may be of `IMG.CR2` or
/// of `IMG.JPG`, so where both are there it is of the one that it names, if any.
fn path_of(asset: &Path) -> PathBuf {
    let (whole, short) = names(asset);
    let there = |paths: [PathBuf; 2]| paths.into_iter().find(|path| path.exists());
    let otherwise = whole[0].clone();
    there(whole).or_else(|| there(short).filter(|path| is_of(path, asset))).unwrap_or(otherwise)
}

/// `clip.mp4.xmp` and `clip.xmp`, with endings in lower and upper case.
fn names(asset: &Path) -> ([PathBuf; 2], [PathBuf; 2]) {
    let whole = ENDINGS.map(|ending| with_ending(asset, &format!(".{ending}")));
    (whole, ENDINGS.map(|ending| asset.with_extension(ending)))
}

/// Whether a sidecar `IMG.xmp` is that of `asset` and of nothing else of that name.
fn is_of(sidecar: &Path, asset: &Path) -> bool {
    let named = read(sidecar).ok().flatten().and_then(|packet| packet.simple(SIDECAR_FOR));
    match named.filter(|ending| !ending.is_empty()) {
        Some(ending) => asset.extension().is_some_and(|own| own.eq_ignore_ascii_case(&ending)),
        None => !has_twin(asset),
    }
}

/// Whether another medium is called the same but for its ending.
fn has_twin(asset: &Path) -> bool {
    let mut paths = fs::read_dir(parent(asset)).into_iter().flatten().flatten().map(|entry| entry.path());
    paths.any(|path| {
        let other = path.file_stem() == asset.file_stem() && path.file_name() != asset.file_name();
        other && is_media(&path) && path.is_file()
    })
}

impl Sidecar for Xmp {
    fn name(&self) -> &'static str {
        "xmp"
    }

    fn is_wanted(&self, tags: &Tags) -> bool {
        tags.xmp
    }

    fn path_of(&self, asset: &Path) -> PathBuf {
        path_of(asset)
    }

    fn places(&self, asset: &Path) -> Vec<PathBuf> {
        let (whole, short) = names(asset);
        [whole, short].concat()
    }

    fn is_named_so(&self, path: &Path) -> bool {
        path.extension().is_some_and(|ending| ENDINGS.iter().any(|other| ending == *other))
    }

    fn write(&self, path: &Path, assessment: &Assessment, keyword: &Keyword) -> Result<(), TagError> {
        let mut packet = read(path)?.unwrap_or_else(create);
        if update(&mut packet, assessment, keyword) { store(path, &packet) } else { Ok(()) }
    }

    fn review(&self, path: &Path, sha256: &str) -> Option<Review> {
        review(&read(path).ok()??, sha256)
    }

    /// A sidecar that we made goes if nothing else is left in it.
    fn remove(&self, path: &Path) -> Result<bool, TagError> {
        let Some(mut packet) = read(path)?.filter(is_tagged) else { return Ok(false) };
        if untag(&mut packet) {
            store(path, &packet)?
        } else {
            remove(path)?
        }
        Ok(true)
    }
}

fn store(path: &Path, packet: &Packet) -> Result<(), TagError> {
    let text = packet.text();
    if text.len() >= MAX_BYTES {
        return Err(TagError::NoXmp { path: path.to_owned(), why: "it would become larger than 16 MiB".into() });
    }
    Ok(replace(path, text.trim_end().as_bytes())?)
}

fn read(path: &Path) -> Result<Option<Packet>, TagError> {
    let sidecar = |why: String| TagError::NoXmp { path: path.to_owned(), why };
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(sidecar(error.to_string())),
        Ok(_) if bytes.len() > MAX_BYTES => return Err(sidecar("it is larger than 16 MiB".into())),
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

    #[test]
    fn a_sidecar_says_whose_it_is_and_may_be_in_capitals() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["IMG.JPG", "IMG.NRW"] {
            fs::write(at(name), "").unwrap();
        }
        let sidecar = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
                       xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/'>\
                       <rdf:Description photoshop:SidecarForExtension='NRW'/></rdf:RDF>";
        fs::write(at("IMG.XMP"), sidecar).unwrap();
        assert_eq!([path_of(&at("IMG.JPG")), path_of(&at("IMG.NRW"))], [at("IMG.JPG.xmp"), at("IMG.XMP")]);
        fs::write(at("IMG.JPG.XMP"), "").unwrap();
        assert_eq!(path_of(&at("IMG.JPG")), at("IMG.JPG.XMP"));
    }
}

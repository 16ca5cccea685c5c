//! `clip.mp4.xmp`, or the `clip.xmp` that is there already.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{Packet, is_tagged, tag, untag};
use crate::assessment::Assessment;
use crate::error::Error;
use crate::scan::sidecar::{replace, unwritable};
use crate::tags::keywords::Keyword;

/// More than any catalogue writes.
const MOST_BYTES: u64 = 16 << 20;

/// Where the XMP of `asset` is: never a second file beside one that a catalogue reads.
pub fn path_of(asset: &Path) -> PathBuf {
    let mut whole = asset.as_os_str().to_owned();
    whole.push(".xmp");
    let (whole, short) = (PathBuf::from(whole), asset.with_extension("xmp"));
    if !whole.exists() && short.exists() { short } else { whole }
}

/// Tags the sidecar of `asset`, which is made if there is none. The asset itself is not opened.
///
/// # Errors
/// [`Error::Sidecar`] when what is there is no XMP, which is then left as it is; [`Error::Output`] when it cannot be
/// written.
pub fn write(asset: &Path, assessment: &Assessment, keyword: &Keyword) -> Result<PathBuf, Error> {
    let path = path_of(asset);
    let mut packet = read(&path)?.unwrap_or_default();
    tag(&mut packet, assessment, keyword);
    replace(&path, packet.text().trim_end().as_bytes())?;
    Ok(path)
}

/// Takes our tags out of the sidecar of `asset`; a sidecar that held nothing else goes. False, and nothing is
/// written, if there are none.
///
/// # Errors
/// As [`write`].
pub fn remove(asset: &Path) -> Result<bool, Error> {
    let path = path_of(asset);
    let Some(mut packet) = read(&path)?.filter(is_tagged) else { return Ok(false) };
    match untag(&mut packet) {
        true => replace(&path, packet.text().trim_end().as_bytes())?,
        false => fs::remove_file(&path).map_err(|error| unwritable(&path, &error))?,
    }
    Ok(true)
}

fn read(path: &Path) -> Result<Option<Packet>, Error> {
    let sidecar = |why: String| Error::Sidecar { path: path.to_owned(), why };
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(sidecar(error.to_string())),
        Ok(_) if bytes.len() as u64 > MOST_BYTES => return Err(sidecar("it is larger than 16 MiB".into())),
        Ok(_) => {}
    }
    Packet::parse(&bytes).map(Some).map_err(|error| sidecar(error.to_string()))
}

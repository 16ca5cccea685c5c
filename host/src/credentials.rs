//! Content Credentials of an asset, read in the sandbox. What is found stands beside the verdict and never changes it.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use memchr::memmem::Finder;
use veritag_abi::credentials::{Credentials, State};

use crate::error::Error;
use crate::media::source;
use crate::sandbox::engine::Cache;
use crate::sandbox::{CredentialsEngine, CredentialsModule, PluginError};

/// Largest asset whose credentials are read, in bytes: the module holds all of it.
const LARGEST: u64 = 256 << 20;
const PIECE: usize = 1 << 20;
/// Stands in every file that has some: it labels the box that they are in.
const LABEL: &[u8] = b"c2pa";

/// Reads the credentials of one asset at a time.
pub struct Reader {
    module: CredentialsModule,
    /// Compiled for the first asset that needs it.
    engine: Mutex<Option<CredentialsEngine>>,
}

impl Reader {
    /// The reader whose module is installed beside the detector's `manifest`, if one is.
    ///
    /// # Errors
    /// [`PluginError`] when it is not as its own manifest says.
    pub fn beside(manifest: &Path, cache: Cache) -> Result<Option<Self>, PluginError> {
        let module = CredentialsModule::beside(manifest, cache)?;
        Ok(module.map(|module| Self { module, engine: Mutex::default() }))
    }

    /// The credentials of the asset at `path`. It cannot fail: what goes wrong is in `why`.
    pub fn read(&self, path: &Path) -> Credentials {
        self.try_read(path).unwrap_or_else(|error| {
            let why = Some(format!("{}: {error}", error.code()));
            Credentials { why, ..Credentials::of(State::NotChecked) }.shortened()
        })
    }

    fn try_read(&self, path: &Path) -> Result<Credentials, Error> {
        let (mut file, bytes) = source::regular(path)?;
        let unreadable = |error| Error::from(source::unreadable(path, error));
        if !has_label(&file).map_err(unreadable)? {
            return Ok(Credentials::of(State::None));
        }
        if bytes > LARGEST {
            return Ok(Credentials::of(State::TooLarge));
        }
        file.rewind().map_err(unreadable)?;
        let pieces = pieces(file, bytes).map(|piece| piece.map_err(unreadable));
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let engine = match &mut *engine {
            Some(engine) => engine,
            none => none.insert(self.module.compile()?),
        };
        engine.read(bytes, pieces, jiff::Timestamp::now().to_string())
    }
}

/// Whether [`LABEL`] stands anywhere in what `from` gives.
fn has_label(mut from: impl Read) -> io::Result<bool> {
    let label = Finder::new(LABEL);
    let mut buffer = vec![0; PIECE];
    let mut kept = 0;
    loop {
        let read = from.read(&mut buffer[kept..])?;
        let filled = kept + read;
        if read == 0 || label.find(&buffer[..filled]).is_some() {
            return Ok(read > 0);
        }
        kept = filled.min(LABEL.len() - 1);
        buffer.copy_within(filled - kept..filled, 0);
    }
}

/// The first `bytes` of a file, piece by piece.
fn pieces(file: File, bytes: u64) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    let mut file = file.take(bytes);
    std::iter::from_fn(move || {
        let mut piece = Vec::with_capacity(PIECE);
        let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece);
        read.map(|read| (read > 0).then_some(piece)).transpose()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_label_is_found_wherever_it_stands(before in 0usize..3, around in -6i64..6, there: bool) {
            let at = (before * PIECE) as i64 + around.max(-(before as i64));
            let mut bytes = vec![b'c'; 2 * PIECE + 20];
            if there {
                bytes[at as usize..][..4].copy_from_slice(LABEL);
            }
            prop_assert_eq!(has_label(&bytes[..]).unwrap(), there);
        }
    }
}

//! The zip archive that `torch.save` writes: `NAME/data.pkl`, `NAME/data/0`, … stored, not compressed.

use std::io::{Read, Seek};

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::error::{ImportError, Result, unreadable, unsupported};

/// Largest pickle read; that of a ResNeXt50 with its optimiser has about 200 kB.
pub const MAX_PICKLE: u64 = 16 << 20;

pub struct Archive<R> {
    zip: ZipArchive<R>,
    /// `NAME/`, which is the file's first name and differs from file to file.
    root: String,
    /// Bytes that may still be read: entries that overlap would otherwise multiply a small file.
    left: u64,
    /// The storage read last: weights of an LSTM from a GPU are views of one storage.
    last: Option<(String, Vec<u8>)>,
}

impl<R: Read + Seek> Archive<R> {
    /// # Errors
    /// `Unreadable` for a broken archive, `Unsupported` for TorchScript or a big-endian machine's.
    pub fn open(reader: R, length: u64) -> Result<Self> {
        let zip = ZipArchive::new(reader).map_err(|error| ImportError::Unreadable(error.to_string()))?;
        let Some(root) = zip.file_names().flatten().find_map(|name| Some(name.strip_suffix("data.pkl")?.to_owned()))
        else {
            return unreadable("it is a zip archive without data.pkl, so not from torch.save");
        };
        let mut archive = Self { zip, root, left: length.saturating_mul(2), last: None };
        archive.check_kind()?;
        Ok(archive)
    }

    fn check_kind(&mut self) -> Result<()> {
        if self.zip.index_for_name(&format!("{}constants.pkl", self.root)).is_some() {
            return unsupported("it is TorchScript; save the state_dict of the Python model instead");
        }
        let order = format!("{}byteorder", self.root);
        if self.zip.index_for_name(&order).is_some() && self.read(&order, 16)? != b"little" {
            return unsupported("it was saved on a big-endian machine; save it again on another");
        }
        Ok(())
    }

    pub fn pickle(&mut self) -> Result<Vec<u8>> {
        self.read(&format!("{}data.pkl", self.root), MAX_PICKLE)
    }

    /// The bytes of storage `key`.
    pub fn storage(&mut self, key: &str) -> Result<&[u8]> {
        let last = match self.last.take() {
            Some(last) if last.0 == key => last,
            _ => (key.to_owned(), self.read(&format!("{}data/{key}", self.root), u64::MAX)?),
        };
        Ok(&self.last.insert(last).1)
    }

    fn read(&mut self, name: &str, most: u64) -> Result<Vec<u8>> {
        let entry = self.zip.by_name(name).map_err(|error| broken(name, &error))?;
        let size = entry.size();
        if entry.compression() != CompressionMethod::Stored || entry.compressed_size() != size {
            return Err(ImportError::Hostile(format!("its entry {name} is compressed, which torch.save never does")));
        }
        if size > self.left || size > most {
            return Err(ImportError::Hostile(format!("its entry {name} claims {size} bytes, more than there can be")));
        }
        self.left -= size;
        let mut bytes = Vec::new();
        entry
            .take(size)
            .read_to_end(&mut bytes)
            .map_err(|error| ImportError::Unreadable(format!("{name}: {error}")))?;
        if bytes.len() as u64 == size { Ok(bytes) } else { unreadable(format!("{name} is cut short")) }
    }
}

fn broken(name: &str, error: &ZipError) -> ImportError {
    match error {
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => ImportError::Hostile(format!(
            "its entry {name} is compressed or encrypted ({error}), which torch.save never does"
        )),
        _ => ImportError::Unreadable(format!("{name}: {error}")),
    }
}

//! From a checkpoint file to its named tensors, by what the file is and not by how it is called.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use super::archive::{Archive, MAX_PICKLE};
use super::error::{ImportError, Result, unreadable, unsupported};
use super::pickle;
use super::state::{self, View};
use super::tensors::{Number, Tensor, Tensors, gather, volume};

/// Largest file accepted: a ResNeXt101 + LSTM(2048) with its optimiser has about 1 GB.
const MAX_FILE: u64 = 4 << 30;
const LEGACY: &str = "it has the format from before PyTorch 1.6; open it with the PyTorch that you trust it with, and save its state_dict again with torch.save";

/// The float tensors of the checkpoint at `path`, less BatchNorm's counters.
///
/// # Errors
/// All of [`ImportError`]'s kinds about reading.
pub fn read(path: &Path) -> Result<Tensors> {
    let (mut file, length) = open(path).map_err(|source| ImportError::NotFound { path: path.to_owned(), source })?;
    if length > MAX_FILE {
        return unsupported(format!(
            "it has {length} bytes, more than {MAX_FILE}; save the state_dict without the optimiser"
        ));
    }
    let mut start = [0; 9];
    let got = file.read(&mut start).and_then(|got| file.rewind().map(|()| got)).map_err(io)?;
    match &start[..got] {
        [b'P', b'K', ..] => torch(Archive::open(file, length)?, length),
        [.., b'{'] if got == 9 => safetensors(&all(file, length)?),
        _ => legacy(&all(file, length.min(MAX_PICKLE))?),
    }
}

fn open(path: &Path) -> std::io::Result<(File, u64)> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(std::io::Error::other("not a file"));
    }
    Ok((file, about.len()))
}

fn io(error: std::io::Error) -> ImportError {
    ImportError::Unreadable(error.to_string())
}

fn all(file: File, length: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

fn counts_batches(name: &str) -> bool {
    name.ends_with("num_batches_tracked")
}

fn torch<R: Read + Seek>(mut archive: Archive<R>, length: u64) -> Result<Tensors> {
    let pickle = pickle::read(&archive.pickle()?)?;
    let views = state::views(&pickle.values, pickle.root)?;
    // Two bytes a value at least, so that views of one storage cannot multiply a small file.
    let mut left = length / 2;
    let mut tensors = Tensors::new();
    for (name, view) in views.into_iter().filter(|(name, _)| !counts_batches(name)) {
        let Some(rest) = volume(&view.shape).and_then(|count| left.checked_sub(count as u64)) else {
            return unreadable(format!("`{name}` and those before it hold more values than the file"));
        };
        left = rest;
        let tensor = tensor(&mut archive, &name, view)?;
        tensors.insert(name, tensor);
    }
    Ok(tensors)
}

fn tensor<R: Read + Seek>(archive: &mut Archive<R>, name: &str, view: View) -> Result<Tensor> {
    let number = Number::of_storage(&view.class, name)?;
    let storage = archive.storage(&view.key)?;
    gather(view, number, storage, name)
}

fn safetensors(bytes: &[u8]) -> Result<Tensors> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| ImportError::Unreadable(error.to_string()))?;
    let wanted = file.iter().filter(|(name, _)| !counts_batches(name));
    wanted
        .map(|(name, tensor)| {
            let data = number(tensor.dtype(), name)?.decode_all(tensor.data());
            Ok((name.to_owned(), Tensor { shape: tensor.shape().to_vec(), data }))
        })
        .collect()
}

fn number(dtype: Dtype, tensor: &str) -> Result<Number> {
    match dtype {
        Dtype::F32 => Ok(Number::F32),
        Dtype::F16 => Ok(Number::F16),
        Dtype::BF16 => Ok(Number::Bf16),
        Dtype::F64 => Ok(Number::F64),
        other => unsupported(format!("`{tensor}` is stored as {other:?}; convert the model to float32")),
    }
}

/// Not an archive: tells a hostile bare pickle from an old checkpoint, which is four pickles in a row.
fn legacy(bytes: &[u8]) -> Result<Tensors> {
    let mut rest = bytes;
    for pickles in 0..4 {
        match pickle::read(rest) {
            Ok(pickle) => rest = &rest[pickle.used..],
            Err(error @ ImportError::Hostile(_)) => return Err(error),
            Err(_) if pickles == 0 => return unreadable("it is neither a torch.save archive nor safetensors"),
            Err(_) => break,
        }
    }
    unsupported(LEGACY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::{config, hostile};
    use proptest::prelude::*;

    /// Small checkpoints of every kind.
    fn checkpoints() -> Vec<Vec<u8>> {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/checkpoints");
        let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        let kinds = ["pt", "pth", "bin", "safetensors"];
        let checkpoint =
            |path: &std::path::PathBuf| kinds.iter().any(|kind| path.extension().is_some_and(|end| end == *kind));
        files.filter(checkpoint).map(|path| std::fs::read(path).unwrap()).collect()
    }

    proptest! {
        #![proptest_config(config(32))]

        #[test]
        fn no_file_crashes_its_reader(bytes in hostile(checkpoints())) {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(&file, bytes).unwrap();
            drop(read(file.path()));
        }
    }
}

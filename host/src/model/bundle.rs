//! A bundle's files, read and checked.

use std::path::{Path, PathBuf};

use veritag_abi::ModelId;
use veritag_abi::bundle::{Bundle as Spec, as_found};

use crate::blame::diagnose;
use crate::files::sha256;

/// The file of a bundle that names the others.
pub const MODEL_TOML: &str = "model.toml";

#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("no model `{name}`; looked in {looked}; `veritag model list` shows what there is")]
    NotFound { name: String, looked: String },
    #[error("{}: {why}; `make setup` fetches the shared parts, `veritag model verify` checks a bundle", path.display())]
    Unreadable { path: PathBuf, why: String },
    #[error("{}: {why}", path.display())]
    BadSpec { path: PathBuf, why: String },
    #[error("{}: sha256 is {found}, expected {expected}; reinstall the model from a source that you trust", path.display())]
    HashMismatch { path: PathBuf, expected: String, found: String },
    #[error("model `{name}` {why}: it may be examined but tags nothing")]
    Untrained { name: String, why: &'static str },
    #[error("model `{name}`: {why}; the sandbox may misread it: do not use it, and report it")]
    Disagreement { name: String, why: String },
}

diagnose! { ModelError {
    Self::NotFound { .. } => "model-not-found", Operator;
    Self::Unreadable { .. } => "model-unreadable", Operator;
    Self::BadSpec { .. } => "model-bad-spec", Operator;
    Self::HashMismatch { .. } => "model-hash-mismatch", Operator;
    Self::Untrained { .. } => "model-untrained", Operator;
    Self::Disagreement { .. } => "model-engines-disagree", Operator;
}}

/// A bundle whose parts have the hashes that its `model.toml` gives.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub directory: PathBuf,
    pub spec: Spec,
    pub id: ModelId,
    /// `model.toml` first, then each part under its name.
    parts: Vec<(String, Vec<u8>)>,
}

impl Bundle {
    /// Reads the bundle in `directory`.
    ///
    /// # Errors
    /// [`ModelError`] when a file is missing, `model.toml` is wrong, or a part is not the one it names.
    pub fn read(directory: &Path) -> Result<Self, ModelError> {
        let path = directory.join(MODEL_TOML);
        let bytes = read(&path)?;
        let spec = parse(&path, &bytes)?;
        let (name, version) = (spec.model.name.clone(), spec.model.version.clone());
        let id = ModelId { name, version, sha256: sha256(&bytes) };
        let mut parts = vec![(MODEL_TOML.to_owned(), bytes)];
        for part in &spec.parts {
            let path = directory.join(&part.file);
            let bytes = read(&path)?;
            expect_hash(&path, &part.sha256, &bytes)?;
            parts.push((part.name.clone(), bytes));
        }
        Ok(Self { directory: directory.to_owned(), spec, id, parts })
    }

    /// Names and bytes, in the order in which the plugin wants them.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// The bundle with crops of `size` pixels and of `margin` face boxes: for cutting them out, since the self-test, which
    /// it loses, is of others.
    ///
    /// # Errors
    /// [`ModelError::BadSpec`] when no bundle may have such crops.
    pub fn cutting(mut self, size: Option<usize>, margin: Option<f32>) -> Result<Self, ModelError> {
        let wrong = |why: String| ModelError::BadSpec { path: self.directory.join(MODEL_TOML), why };
        let input = &mut self.spec.input;
        (input.size, input.margin) = (size.unwrap_or(input.size), margin.unwrap_or(input.margin));
        (input.still_views, input.mirror) = (as_found(), false);
        self.spec.self_test = None;
        self.spec.check().map_err(wrong)?;
        let text = toml::to_string(&self.spec).expect("a spec serializes");
        self.id.sha256 = sha256(text.as_bytes());
        self.parts[0].1 = text.into_bytes();
        Ok(self)
    }

    /// # Errors
    /// [`ModelError::Untrained`] for a bundle whose answers must not tag anything.
    pub fn require_trained(&self) -> Result<(), ModelError> {
        let name = self.id.name.clone();
        if !self.spec.model.trained {
            Err(ModelError::Untrained { name, why: "is untrained" })
        } else if !self.spec.may_tag() {
            Err(ModelError::Untrained { name, why: "has no self-test" })
        } else {
            Ok(())
        }
    }

    /// # Errors
    /// [`ModelError::HashMismatch`] when `model.toml` is not the one of sha256 `expected`.
    pub fn require_hash(&self, expected: &str) -> Result<(), ModelError> {
        let (path, found) = (self.directory.join(MODEL_TOML), self.id.sha256.clone());
        if found == expected {
            Ok(())
        } else {
            Err(ModelError::HashMismatch { path, expected: expected.into(), found })
        }
    }
}

/// Reads `model.toml` alone.
///
/// # Errors
/// [`ModelError`] when it cannot be read or is wrong.
pub fn read_spec(directory: &Path) -> Result<Spec, ModelError> {
    let path = directory.join(MODEL_TOML);
    parse(&path, &read(&path)?)
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    std::fs::read(path).map_err(|e| ModelError::Unreadable { path: path.to_owned(), why: e.to_string() })
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Spec, ModelError> {
    let wrong = |why: String| ModelError::BadSpec { path: path.to_owned(), why };
    let text = std::str::from_utf8(bytes).map_err(|e| wrong(e.to_string()))?;
    let spec: Spec = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
    spec.check_whole().map_err(wrong)?;
    Ok(spec)
}

fn expect_hash(path: &Path, expected: &str, bytes: &[u8]) -> Result<(), ModelError> {
    let found = sha256(bytes);
    if found == expected {
        return Ok(());
    }
    Err(ModelError::HashMismatch { path: path.to_owned(), expected: expected.into(), found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::{config, hostile};
    use proptest::prelude::*;

    const SPEC: &[u8] = include_bytes!("../../../plugin/model/lite0-lstm/model.toml");

    proptest! {
        #![proptest_config(config(64))]

        #[test]
        fn no_model_toml_crashes_its_reader(bytes in hostile(vec![SPEC.to_vec()])) {
            drop(parse(Path::new(MODEL_TOML), &bytes));
        }
    }
}

//! The parts of a model that have come in whole.

use std::collections::BTreeMap;

use veritag_abi::Fault;
use veritag_abi::bundle::Bundle;

/// The bytes of each part, by its name.
#[derive(Default)]
pub struct Parts(BTreeMap<String, Vec<u8>>);

impl Parts {
    pub fn put(&mut self, name: &str, bytes: Vec<u8>) {
        self.0.insert(name.into(), bytes);
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether all that `bundle` names are in.
    pub fn complete(&self, bundle: &Bundle) -> bool {
        bundle.parts.iter().all(|part| self.has(&part.name))
    }

    /// # Errors
    /// [`Fault::Model`] when there is no such part.
    pub fn bytes(&self, name: &str) -> Result<&[u8], Fault> {
        self.0.get(name).map(Vec::as_slice).ok_or_else(|| Fault::Model(format!("{name}: the model has no such part")))
    }
}

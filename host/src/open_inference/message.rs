//! What is said, whichever way it travels.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::Tensor;

/// `GET /v2`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerMetadata {
    #[serde(default, deserialize_with = "null_is_default")]
    pub name: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub version: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub extensions: Vec<String>,
}

/// `GET /v2/models/NAME`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelMetadata {
    #[serde(default, deserialize_with = "null_is_default")]
    pub name: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub versions: Vec<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub platform: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub inputs: Vec<TensorMetadata>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub outputs: Vec<TensorMetadata>,
    /// Whatever else: our runner says `engine`, `device` and `bundle_sha256`.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorMetadata {
    pub name: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub datatype: String,
    /// -1 for a side of any length.
    #[serde(default, deserialize_with = "null_is_default")]
    pub shape: Vec<i64>,
}

/// `POST /v2/models/NAME/infer`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InferRequest {
    pub id: String,
    pub inputs: Vec<Tensor>,
    /// Empty means every output.
    pub outputs: Vec<Requested>,
    /// Whether outputs that are not named are wanted as bytes.
    pub binary: bool,
}

/// An output that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    pub name: String,
    /// As bytes rather than JSON.
    pub binary: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct InferResponse {
    pub model_name: String,
    pub model_version: String,
    pub id: String,
    pub outputs: Vec<Tensor>,
}

/// The body of an answer that is none.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    pub error: String,
}

impl InferRequest {
    /// Whether output `name` is wanted at all, and as bytes.
    pub fn wants(&self, name: &str) -> Option<bool> {
        match self.outputs.iter().find(|output| output.name == name) {
            Some(output) => Some(output.binary),
            None => self.outputs.is_empty().then_some(self.binary),
        }
    }
}

impl InferResponse {
    pub fn output(&self, name: &str) -> Option<&Tensor> {
        self.outputs.iter().find(|tensor| tensor.name == name)
    }
}

impl ModelMetadata {
    pub fn input(&self, name: &str) -> Option<&TensorMetadata> {
        self.inputs.iter().find(|tensor| tensor.name == name)
    }

    pub fn output(&self, name: &str) -> Option<&TensorMetadata> {
        self.outputs.iter().find(|tensor| tensor.name == name)
    }
}

pub fn null_is_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

//! TensorBatch: one f32 tensor and what was seen, as an Open Inference Protocol body.
//!
//! Layout: u32 little-endian length of the JSON header, the header, then the raw little-endian
//! tensor. What follows the first four bytes is the body of an inference request (crops) or response
//! (features) of the protocol's binary tensor extension, the length being `Inference-Header-Content-Length`
//! (<https://github.com/kserve/open-inference-protocol>). [`Observation`] travels as the text parameter `seen`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Fault, Observation};

/// Which way a batch goes: to the network, or back from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Face crops, a request's `inputs`.
    Crops,
    /// Features, a response's `outputs`.
    Features,
}

impl Role {
    /// The tensor's name on the wire.
    pub const fn tensor(self) -> &'static str {
        match self {
            Self::Crops => "crops",
            Self::Features => "features",
        }
    }
}

/// A row-major f32 tensor whose first axis runs over face crops, with what was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorBatch {
    pub role: Role,
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
    pub seen: Observation,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<Tensor>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    outputs: Vec<Tensor>,
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Map::is_empty")]
    parameters: Map<String, Value>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Tensor {
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    datatype: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shape: Vec<usize>,
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Map::is_empty")]
    parameters: Map<String, Value>,
}

fn null_is_default<'de, D: serde::Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

fn rejected(why: impl std::fmt::Display) -> Fault {
    Fault::Rejected(format!("tensor batch: {why}"))
}

fn parameter(key: &str, value: impl Into<Value>) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), value.into())])
}

fn volume(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &side| product.checked_mul(side))
}

impl TensorBatch {
    /// # Errors
    /// [`Fault::Rejected`] when `data` does not fill `shape`, or the first axis is not one row per face seen.
    pub fn new(role: Role, shape: Vec<usize>, data: Vec<f32>, seen: Observation) -> Result<Self, Fault> {
        if shape.is_empty() || volume(&shape) != Some(data.len()) {
            return Err(rejected(format!("{} values do not fill shape {shape:?}", data.len())));
        }
        if shape[0] > 0 && shape.contains(&0) {
            return Err(rejected(format!("rows of nothing: shape {shape:?}")));
        }
        if !seen.windows.is_empty() && seen.rows() != shape[0] {
            return Err(rejected(format!("{} rows for {} faces seen", shape[0], seen.rows())));
        }
        Ok(Self { role, shape, data, seen })
    }

    /// Number of face crops.
    pub fn rows(&self) -> usize {
        self.shape[0]
    }

    /// The values of rows `range`, without what was seen: a piece that `infer` may run elsewhere.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Self {
        let row = self.data.len().checked_div(self.rows()).unwrap_or(0);
        let mut shape = self.shape.clone();
        shape[0] = range.len();
        let data = self.data[range.start * row..range.end * row].to_vec();
        Self { role: self.role, shape, data, seen: Observation::default() }
    }

    pub fn encode(&self) -> Vec<u8> {
        let header = serde_json::to_vec(&self.header()).expect("a header of strings and numbers serializes");
        let mut out = Vec::with_capacity(4 + header.len() + self.data.len() * 4);
        out.extend_from_slice(&(header.len() as u32).to_le_bytes());
        out.extend_from_slice(&header);
        self.data.iter().for_each(|v| out.extend_from_slice(&v.to_le_bytes()));
        out
    }

    fn header(&self) -> Header {
        let tensor = Tensor {
            name: self.role.tensor().into(),
            datatype: "FP32".into(),
            shape: self.shape.clone(),
            parameters: parameter("binary_data_size", self.data.len() * 4),
        };
        let parameters = if self.seen.windows.is_empty() {
            Map::new()
        } else {
            parameter("seen", serde_json::to_string(&self.seen).expect("plain data serializes"))
        };
        match self.role {
            Role::Crops => Header { inputs: vec![tensor], outputs: vec![Self::wanted()], parameters },
            Role::Features => Header { inputs: vec![], outputs: vec![tensor], parameters },
        }
    }

    fn wanted() -> Tensor {
        let name = Role::Features.tensor().into();
        Tensor { name, datatype: String::new(), shape: vec![], parameters: parameter("binary_data", true) }
    }

    /// # Errors
    /// [`Fault::Rejected`] when `bytes` is not exactly one batch of this role.
    pub fn decode(role: Role, bytes: &[u8]) -> Result<Self, Fault> {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(|| rejected("no header length"))?;
        let (header, raw) = rest
            .split_at_checked(u32::from_le_bytes(*length) as usize)
            .ok_or_else(|| rejected("shorter than its header"))?;
        let header: Header = serde_json::from_slice(header).map_err(rejected)?;
        let seen = match header.parameters.get("seen").and_then(Value::as_str) {
            Some(text) => serde_json::from_str(text).map_err(rejected)?,
            None => Observation::default(),
        };
        let tensors = if role == Role::Crops { header.inputs } else { header.outputs };
        let [tensor] = <[Tensor; 1]>::try_from(tensors).map_err(|_| rejected("not one tensor"))?;
        Self::read(role, tensor, raw, seen)
    }

    fn read(role: Role, tensor: Tensor, raw: &[u8], seen: Observation) -> Result<Self, Fault> {
        if tensor.name != role.tensor() || tensor.datatype != "FP32" {
            return Err(rejected(format!("{} {}, expected FP32 {}", tensor.datatype, tensor.name, role.tensor())));
        }
        let (values, odd) = raw.as_chunks::<4>();
        if !odd.is_empty() {
            return Err(rejected("tensor bytes are no multiple of 4"));
        }
        let data = values.iter().map(|v| f32::from_le_bytes(*v)).collect();
        Self::new(role, tensor.shape, data, seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Quality, Track, TrackFrame, Window};
    use proptest::prelude::*;

    fn seen(rows: usize) -> Observation {
        let quality =
            Quality { face_px: 96.5, sharpness: 12.25, brightness: 99.0, turn: 0.25, detection: 0.75, coverage: 1.0 };
        let frames = (0..rows as u64)
            .map(|i| TrackFrame { pts_us: i * 40_000, bbox: [1.5, 2.0, 96.5, 90.0], landmarks: [[1.0, 2.5]; 5] })
            .collect();
        let tracks = vec![Track { frames, quality }];
        Observation {
            windows: vec![Window {
                start_us: 0,
                end_us: 1,
                frames: rows as u32,
                width: 640,
                height: 360,
                tracks,
                more_faces: 0,
            }],
        }
    }

    proptest! {
        #[test]
        fn decodes_what_it_encodes(rows in 0usize..5, row in 1usize..7, crops: bool, with_seen: bool) {
            let role = if crops { Role::Crops } else { Role::Features };
            let data = (0..rows * row).map(|i| i as f32 / 3.0).collect();
            let seen = if with_seen { seen(rows) } else { Observation::default() };
            let batch = TensorBatch::new(role, vec![rows, row], data, seen).unwrap();
            prop_assert_eq!(TensorBatch::decode(role, &batch.encode()).unwrap(), batch);
        }

        #[test]
        fn no_bytes_crash_the_reader(mut bytes in prop::collection::vec(any::<u8>(), 0..80), small: bool) {
            if small && bytes.len() > 4 {
                bytes[1..4].fill(0);
            }
            let _ = TensorBatch::decode(Role::Crops, &bytes);
        }
    }

    #[test]
    fn what_follows_the_length_is_an_open_inference_request() {
        let bytes = TensorBatch::new(Role::Crops, vec![1, 2], vec![1.0, 2.0], Observation::default()).unwrap().encode();
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        let header: Value = serde_json::from_slice(&bytes[4..4 + length]).unwrap();
        let wanted = serde_json::json!({
            "inputs": [{"name": "crops", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}}],
            "outputs": [{"name": "features", "parameters": {"binary_data": true}}],
        });
        assert_eq!(header, wanted);
        assert_eq!(bytes.len(), 4 + length + 8);
    }

    #[test]
    fn rows_of_nothing_are_refused_however_many_are_claimed() {
        for rows in [1, 1_000_000_000_000_000_000, usize::MAX] {
            assert!(TensorBatch::new(Role::Crops, vec![rows, 0], vec![], Observation::default()).is_err());
        }
        assert!(TensorBatch::new(Role::Crops, vec![0, 3, 0], vec![], Observation::default()).is_ok());
    }

    #[test]
    fn reads_answers_with_null_fields_as_kserve_writes_them() {
        let header = br#"{"model_name":"m","model_version":null,"parameters":null,"outputs":[{"name":"features","datatype":"FP32","shape":[1,1],"parameters":null}]}"#;
        let bytes = [&(header.len() as u32).to_le_bytes()[..], header, &1.5f32.to_le_bytes()].concat();
        assert_eq!(TensorBatch::decode(Role::Features, &bytes).unwrap().data, [1.5]);
    }
}

//! The same messages as Protocol Buffers, for the service `inference.GRPCInferenceService`.

use std::collections::HashMap;

use prost::Message;

use super::{
    Data, InferRequest, InferResponse, Malformed, ModelMetadata, Requested, ServerMetadata, Tensor, TensorMetadata,
};

/// Paths of the methods.
pub const SERVER_LIVE: &str = "/inference.GRPCInferenceService/ServerLive";
pub const SERVER_READY: &str = "/inference.GRPCInferenceService/ServerReady";
pub const MODEL_READY: &str = "/inference.GRPCInferenceService/ModelReady";
pub const SERVER_METADATA: &str = "/inference.GRPCInferenceService/ServerMetadata";
pub const MODEL_METADATA: &str = "/inference.GRPCInferenceService/ModelMetadata";
pub const MODEL_INFER: &str = "/inference.GRPCInferenceService/ModelInfer";

#[derive(Clone, PartialEq, Message)]
pub struct Nothing {}

/// Whether a server lives, or it or a model is ready.
#[derive(Clone, PartialEq, Message)]
pub struct Yes {
    #[prost(bool, tag = "1")]
    pub yes: bool,
}

/// A model by name and version; an empty version is any.
#[derive(Clone, PartialEq, Message)]
pub struct ModelRequest {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub version: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ServerMetadataResponse {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    version: String,
    #[prost(string, repeated, tag = "3")]
    extensions: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ModelMetadataResponse {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, repeated, tag = "2")]
    versions: Vec<String>,
    #[prost(string, tag = "3")]
    platform: String,
    #[prost(message, repeated, tag = "4")]
    inputs: Vec<TensorFacts>,
    #[prost(message, repeated, tag = "5")]
    outputs: Vec<TensorFacts>,
    #[prost(map = "string, string", tag = "6")]
    properties: HashMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorFacts {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    datatype: String,
    #[prost(int64, repeated, tag = "3")]
    shape: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ModelInferRequest {
    #[prost(string, tag = "1")]
    pub model_name: String,
    #[prost(string, tag = "2")]
    pub model_version: String,
    #[prost(string, tag = "3")]
    id: String,
    #[prost(message, repeated, tag = "5")]
    inputs: Vec<InferTensor>,
    #[prost(message, repeated, tag = "6")]
    outputs: Vec<WantedTensor>,
    #[prost(bytes = "vec", repeated, tag = "7")]
    raw: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ModelInferResponse {
    #[prost(string, tag = "1")]
    model_name: String,
    #[prost(string, tag = "2")]
    model_version: String,
    #[prost(string, tag = "3")]
    id: String,
    #[prost(message, repeated, tag = "5")]
    outputs: Vec<InferTensor>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    raw: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub struct InferTensor {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    datatype: String,
    #[prost(int64, repeated, tag = "3")]
    shape: Vec<i64>,
    #[prost(message, optional, tag = "5")]
    contents: Option<Contents>,
}

/// Values that do not travel as bytes.
#[derive(Clone, PartialEq, Message)]
pub struct Contents {
    #[prost(uint32, repeated, tag = "4")]
    uint: Vec<u32>,
    #[prost(float, repeated, tag = "6")]
    fp32: Vec<f32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct WantedTensor {
    #[prost(string, tag = "1")]
    name: String,
}

impl From<ServerMetadata> for ServerMetadataResponse {
    fn from(ServerMetadata { name, version, extensions }: ServerMetadata) -> Self {
        Self { name, version, extensions }
    }
}

impl From<ServerMetadataResponse> for ServerMetadata {
    fn from(ServerMetadataResponse { name, version, extensions }: ServerMetadataResponse) -> Self {
        Self { name, version, extensions }
    }
}

impl From<ModelMetadata> for ModelMetadataResponse {
    fn from(model: ModelMetadata) -> Self {
        let ModelMetadata { name, versions, platform, inputs, outputs, properties } = model;
        let facts = |TensorMetadata { name, datatype, shape }| TensorFacts { name, datatype, shape };
        let (inputs, outputs) = (inputs.into_iter().map(facts).collect(), outputs.into_iter().map(facts).collect());
        Self { name, versions, platform, inputs, outputs, properties: properties.into_iter().collect() }
    }
}

impl From<ModelMetadataResponse> for ModelMetadata {
    fn from(model: ModelMetadataResponse) -> Self {
        let ModelMetadataResponse { name, versions, platform, inputs, outputs, properties } = model;
        let facts = |TensorFacts { name, datatype, shape }| TensorMetadata { name, datatype, shape };
        let (inputs, outputs) = (inputs.into_iter().map(facts).collect(), outputs.into_iter().map(facts).collect());
        Self { name, versions, platform, inputs, outputs, properties: properties.into_iter().collect() }
    }
}

impl ModelInferRequest {
    /// For `version` of model `name`; an empty version is any.
    pub fn new(name: &str, version: &str, request: InferRequest) -> Self {
        let (inputs, raw) = request.inputs.into_iter().map(write).unzip();
        let outputs = request.outputs.into_iter().map(|Requested { name, .. }| WantedTensor { name }).collect();
        Self { model_name: name.into(), model_version: version.into(), id: request.id, inputs, outputs, raw }
    }

    /// # Errors
    /// [`Malformed`] when tensors and bytes do not fit together.
    pub fn read(self) -> Result<InferRequest, Malformed> {
        let outputs = self.outputs.into_iter().map(|WantedTensor { name }| Requested { name, binary: true }).collect();
        Ok(InferRequest { id: self.id, inputs: read(self.inputs, &self.raw)?, outputs, binary: true })
    }
}

impl ModelInferResponse {
    pub fn new(response: InferResponse) -> Self {
        let InferResponse { model_name, model_version, id, outputs } = response;
        let (outputs, raw) = outputs.into_iter().map(write).unzip();
        Self { model_name, model_version, id, outputs, raw }
    }

    /// # Errors
    /// [`Malformed`] when tensors and bytes do not fit together.
    pub fn read(self) -> Result<InferResponse, Malformed> {
        let Self { model_name, model_version, id, outputs, raw } = self;
        Ok(InferResponse { model_name, model_version, id, outputs: read(outputs, &raw)? })
    }
}

fn write(tensor: Tensor) -> (InferTensor, Vec<u8>) {
    let shape = tensor.shape.iter().map(|&side| side as i64).collect();
    let datatype = tensor.data.datatype().into();
    (InferTensor { name: tensor.name, datatype, shape, contents: None }, tensor.data.to_bytes())
}

/// Either every tensor has its bytes in `raw`, or each its contents.
fn read(tensors: Vec<InferTensor>, raw: &[Vec<u8>]) -> Result<Vec<Tensor>, Malformed> {
    if !raw.is_empty() && raw.len() != tensors.len() {
        return Err(Malformed(format!("bytes of {} tensors for {}", raw.len(), tensors.len())));
    }
    tensors.into_iter().enumerate().map(|(nth, tensor)| read_one(tensor, raw.get(nth))).collect()
}

fn read_one(tensor: InferTensor, raw: Option<&Vec<u8>>) -> Result<Tensor, Malformed> {
    let Contents { uint, fp32 } = tensor.contents.unwrap_or_default();
    let data = match (raw, tensor.datatype.as_str()) {
        (Some(raw), datatype) => Data::from_bytes(datatype, raw)?,
        (None, "UINT8") => {
            Data::Uint8(uint.into_iter().map(|n| n.try_into().map_err(Malformed::new)).collect::<Result<_, _>>()?)
        }
        (None, "FP32") => Data::Fp32(fp32),
        (None, datatype) => Data::from_bytes(datatype, &[])?,
    };
    let shape = tensor.shape.iter().map(|&side| side.try_into().map_err(Malformed::new)).collect::<Result<_, _>>()?;
    Tensor::new(tensor.name, shape, data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn messages_are_read_as_written(pixels in prop::collection::vec(any::<u8>(), 1..30), values in prop::collection::vec(any::<f32>(), 1..30)) {
            prop_assume!(values.iter().all(|value| !value.is_nan()));
            let inputs = vec![
                Tensor::new("crops", vec![1, pixels.len()], Data::Uint8(pixels)).unwrap(),
                Tensor::new("x", vec![values.len()], Data::Fp32(values)).unwrap(),
            ];
            let outputs = vec![Requested { name: "features".into(), binary: true }];
            let request = InferRequest { id: "1".into(), inputs: inputs.clone(), outputs, binary: true };
            let bytes = ModelInferRequest::new("m", "", request.clone()).encode_to_vec();
            prop_assert_eq!(ModelInferRequest::decode(&bytes[..]).unwrap().read().unwrap(), request);

            let response = InferResponse { model_name: "m".into(), outputs: inputs, ..InferResponse::default() };
            let bytes = ModelInferResponse::new(response.clone()).encode_to_vec();
            prop_assert_eq!(ModelInferResponse::decode(&bytes[..]).unwrap().read().unwrap(), response);
        }

        #[test]
        fn no_message_crashes_its_reader(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = ModelInferRequest::decode(&bytes[..]).map(ModelInferRequest::read);
            let _ = ModelInferResponse::decode(&bytes[..]).map(ModelInferResponse::read);
        }
    }

    #[test]
    fn values_may_stand_in_the_message_itself() {
        let tensor = |datatype: &str, contents| InferTensor {
            name: "x".into(),
            datatype: datatype.into(),
            shape: vec![2],
            contents: Some(contents),
        };
        let whole = read(vec![tensor("UINT8", Contents { uint: vec![1, 255], fp32: vec![] })], &[]).unwrap();
        assert_eq!(whole[0].data, Data::Uint8(vec![1, 255]));
        assert!(read(vec![tensor("UINT8", Contents { uint: vec![1, 256], fp32: vec![] })], &[]).is_err());
        assert!(read(vec![tensor("FP32", Contents { uint: vec![], fp32: vec![1.0] })], &[]).is_err());
    }
}

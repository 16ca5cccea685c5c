//! Messages as HTTP bodies: JSON, after which tensors follow as bytes or in which they stand as numbers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::message::null_is_default;
use super::{Data, InferRequest, InferResponse, Malformed, Requested, Tensor};

/// A body, and what [`super::HEADER_LENGTH`] says of it: nothing where it is JSON alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    pub header_length: Option<usize>,
    pub bytes: Vec<u8>,
}

/// The JSON of requests and responses alike.
#[derive(Default, Serialize, Deserialize)]
struct Header {
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    model_name: String,
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    model_version: String,
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    id: String,
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Parameters::is_empty")]
    parameters: Parameters,
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<Written>,
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    outputs: Vec<Written>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    name: String,
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    datatype: String,
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    shape: Vec<usize>,
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "Parameters::is_empty")]
    parameters: Parameters,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
}

/// Those that concern tensors as bytes; others are passed over.
#[derive(Default, PartialEq, Serialize, Deserialize)]
struct Parameters {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    binary_data_size: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    binary_data: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    binary_data_output: Option<bool>,
}

impl Parameters {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl InferRequest {
    /// Its inputs as bytes if `binary`.
    pub fn encode(&self, binary: bool) -> Body {
        let mut raw = Vec::new();
        let asked = |output: &Requested| Written {
            name: output.name.clone(),
            datatype: String::new(),
            shape: vec![],
            parameters: Parameters { binary_data: Some(output.binary), ..Parameters::default() },
            data: None,
        };
        let header = Header {
            id: self.id.clone(),
            parameters: Parameters { binary_data_output: self.binary.then_some(true), ..Parameters::default() },
            inputs: self.inputs.iter().map(|tensor| write(tensor, binary, &mut raw)).collect(),
            outputs: self.outputs.iter().map(asked).collect(),
            ..Header::default()
        };
        join(&header, raw, binary)
    }

    /// # Errors
    /// [`Malformed`] when the body is no request.
    pub fn decode(header_length: Option<usize>, bytes: &[u8]) -> Result<Self, Malformed> {
        let (header, mut raw) = split(header_length, bytes)?;
        let binary = header.parameters.binary_data_output.unwrap_or(false);
        let asked =
            |output: Written| Requested { binary: output.parameters.binary_data.unwrap_or(binary), name: output.name };
        let inputs = header.inputs.into_iter().map(|tensor| read(tensor, &mut raw)).collect::<Result<_, _>>()?;
        nothing_left(raw)?;
        Ok(Self { id: header.id, inputs, outputs: header.outputs.into_iter().map(asked).collect(), binary })
    }
}

impl InferResponse {
    /// Each output as bytes where `binary` says so of its name.
    pub fn encode(&self, binary: impl Fn(&str) -> bool) -> Body {
        let mut raw = Vec::new();
        let any = self.outputs.iter().any(|tensor| binary(&tensor.name));
        let header = Header {
            model_name: self.model_name.clone(),
            model_version: self.model_version.clone(),
            id: self.id.clone(),
            outputs: self.outputs.iter().map(|tensor| write(tensor, binary(&tensor.name), &mut raw)).collect(),
            ..Header::default()
        };
        join(&header, raw, any)
    }

    /// # Errors
    /// [`Malformed`] when the body is no response.
    pub fn decode(header_length: Option<usize>, bytes: &[u8]) -> Result<Self, Malformed> {
        let (header, mut raw) = split(header_length, bytes)?;
        let outputs = header.outputs.into_iter().map(|tensor| read(tensor, &mut raw)).collect::<Result<_, _>>()?;
        nothing_left(raw)?;
        let Header { model_name, model_version, id, .. } = header;
        Ok(Self { model_name, model_version, id, outputs })
    }
}

fn write(tensor: &Tensor, binary: bool, raw: &mut Vec<u8>) -> Written {
    let bytes = if binary { tensor.data.to_bytes() } else { vec![] };
    raw.extend_from_slice(&bytes);
    Written {
        name: tensor.name.clone(),
        datatype: tensor.data.datatype().into(),
        shape: tensor.shape.clone(),
        parameters: Parameters { binary_data_size: binary.then_some(bytes.len()), ..Parameters::default() },
        data: (!binary).then(|| tensor.data.to_json()),
    }
}

/// Takes the tensor's bytes off the front of `raw`, if it has any there.
fn read(written: Written, raw: &mut &[u8]) -> Result<Tensor, Malformed> {
    let data = match (written.parameters.binary_data_size, &written.data) {
        (Some(size), _) => {
            let (own, rest) = raw
                .split_at_checked(size)
                .ok_or_else(|| Malformed(format!("{}: {size} bytes announced, {} there", written.name, raw.len())))?;
            *raw = rest;
            Data::from_bytes(&written.datatype, own)?
        }
        (None, Some(values)) => Data::from_json(&written.datatype, values)?,
        (None, None) => return Err(Malformed(format!("{}: no data", written.name))),
    };
    Tensor::new(written.name, written.shape, data)
}

fn join(header: &Header, mut raw: Vec<u8>, binary: bool) -> Body {
    let mut bytes = serde_json::to_vec(header).expect("a header of strings and numbers serializes");
    let header_length = binary.then_some(bytes.len());
    bytes.append(&mut raw);
    Body { header_length, bytes }
}

fn split(header_length: Option<usize>, bytes: &[u8]) -> Result<(Header, &[u8]), Malformed> {
    let (header, raw) = bytes
        .split_at_checked(header_length.unwrap_or(bytes.len()))
        .ok_or_else(|| Malformed("the body is shorter than its header".into()))?;
    Ok((serde_json::from_slice(header).map_err(Malformed::new)?, raw))
}

fn nothing_left(raw: &[u8]) -> Result<(), Malformed> {
    if raw.is_empty() { Ok(()) } else { Err(Malformed(format!("{} bytes belong to no tensor", raw.len()))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn tensor() -> impl Strategy<Value = Tensor> {
        let values = prop_oneof![
            prop::collection::vec(any::<u8>(), 1..40).prop_map(Data::Uint8),
            prop::collection::vec(-1e6f32..1e6, 1..40).prop_map(Data::Fp32),
        ];
        ("[a-z]{1,8}", values).prop_map(|(name, data)| Tensor::new(name, vec![data.len(), 1], data).unwrap())
    }

    proptest! {
        #[test]
        fn requests_are_read_as_written(id in "\\PC{0,9}", inputs in prop::collection::vec(tensor(), 0..4), binary: bool, bytes: bool) {
            let outputs = vec![Requested { name: "features".into(), binary }];
            let request = InferRequest { id, inputs, outputs, binary };
            let body = request.encode(bytes);
            prop_assert_eq!(InferRequest::decode(body.header_length, &body.bytes).unwrap(), request);
        }

        #[test]
        fn responses_are_read_as_written(outputs in prop::collection::vec(tensor(), 0..4), binary: bool) {
            let response = InferResponse { model_name: "m".into(), model_version: "1".into(), id: "7".into(), outputs };
            let body = response.encode(|name| binary && name < "m");
            prop_assert_eq!(InferResponse::decode(body.header_length, &body.bytes).unwrap(), response);
        }

        #[test]
        fn no_body_crashes_its_reader(bytes in prop::collection::vec(any::<u8>(), 0..80), length in prop::option::of(0usize..100)) {
            drop((InferRequest::decode(length, &bytes), InferResponse::decode(length, &bytes)));
        }

        #[test]
        fn what_claims_more_than_is_there_is_refused(rows: usize, size: usize) {
            let header = json!({"outputs": [{"name": "x", "datatype": "FP32", "shape": [rows, 3], "parameters": {"binary_data_size": size}}]});
            let header = header.to_string();
            let bytes = [header.as_bytes(), &[0; 12]].concat();
            prop_assert_eq!(InferResponse::decode(Some(header.len()), &bytes).is_ok(), (rows, size) == (1, 12));
        }
    }

    /// As Triton 2.51 wrote them.
    #[test]
    fn tritons_bytes_are_read_and_written() {
        let header = r#"{"id":"42","model_name":"deepfake","model_version":"1","outputs":[{"name":"logits","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}]}"#;
        assert_eq!(header.len(), 153);
        let bytes = [header.as_bytes(), &[0xf4, 0xf4, 0xfa, 0xbf, 0x60, 0x70, 0x9c, 0x3f]].concat();
        let response = InferResponse::decode(Some(153), &bytes).unwrap();
        assert_eq!(response.outputs[0].data, Data::Fp32(vec![-1.960_600_4, 1.222_179_4]));

        let inputs = vec![Tensor::new("frames", vec![1, 2], Data::Fp32(vec![1.0, 2.0])).unwrap()];
        let outputs = vec![Requested { name: "logits".into(), binary: true }];
        let body = InferRequest { id: "42".into(), inputs, outputs, binary: false }.encode(true);
        let header: Value = serde_json::from_slice(&body.bytes[..body.header_length.unwrap()]).unwrap();
        let wanted = json!({"id": "42",
            "inputs": [{"name": "frames", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}}],
            "outputs": [{"name": "logits", "parameters": {"binary_data": true}}]});
        assert_eq!(header, wanted);
    }

    #[test]
    fn answers_in_json_with_nulls_are_read_as_kserve_writes_them() {
        let text = br#"{"model_name":"m","model_version":null,"id":null,"parameters":null,"outputs":[{"name":"features","datatype":"FP32","shape":[2,1],"parameters":null,"data":[[1.5],[2]]}]}"#;
        assert_eq!(InferResponse::decode(None, text).unwrap().outputs[0].data, Data::Fp32(vec![1.5, 2.0]));
    }
}

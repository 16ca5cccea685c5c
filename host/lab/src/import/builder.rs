//! Writing an ONNX graph node by node.

use prost::Message;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto::{self, Value};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto,
};

use super::tensors::Tensor;

/// IR 8 and opset 17: read by ONNX Runtime 1.12 and later, Triton, and tract.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;

/// A side of a tensor that is known, or has only a name until the graph runs.
#[derive(Clone, Copy)]
pub enum Dim {
    Known(usize),
    Named(&'static str),
}

#[derive(Default)]
pub struct Builder(GraphProto);

impl Builder {
    /// Adds the node `op`, whose one output has the name `output`, which is given back.
    pub fn node(&mut self, op: &str, inputs: &[&str], output: &str, attributes: Vec<AttributeProto>) -> String {
        self.node_of(op, inputs, &[output], attributes);
        output.to_owned()
    }

    pub fn node_of(&mut self, op: &str, inputs: &[&str], outputs: &[&str], attribute: Vec<AttributeProto>) {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let name = format!("{}/{op}", outputs.join("+"));
        let op_type = op.to_owned();
        let (input, output) = (owned(inputs), owned(outputs));
        self.0.node.push(NodeProto { input, output, name, op_type, attribute, ..NodeProto::default() });
    }

    /// Adds weights and gives their name back.
    pub fn weights(&mut self, name: &str, tensor: Tensor) -> String {
        let raw = tensor.data.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, DataType::Float, &tensor.shape, raw)
    }

    /// A vector of whole numbers, such as the axes of a `Squeeze`.
    pub fn numbers(&mut self, name: &str, values: &[i64]) -> String {
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, DataType::Int64, &[values.len()], raw)
    }

    fn constant(&mut self, name: &str, data_type: DataType, shape: &[usize], raw_data: Vec<u8>) -> String {
        let dims = shape.iter().map(|&side| side as i64).collect();
        let (name, data_type) = (name.to_owned(), data_type.into());
        self.0.initializer.push(TensorProto {
            dims,
            data_type,
            name: name.clone(),
            raw_data,
            ..TensorProto::default()
        });
        name
    }

    /// The whole model, encoded.
    pub fn finish(mut self, name: &str, input: (&str, &[Dim]), output: (&str, &[Dim])) -> Vec<u8> {
        self.0.name = name.to_owned();
        self.0.input.push(value(input));
        self.0.output.push(value(output));
        let model = ModelProto {
            ir_version: IR_VERSION,
            producer_name: "veritag".to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: Some(self.0),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
            ..ModelProto::default()
        };
        model.encode_to_vec()
    }
}

pub fn int(name: &str, i: usize) -> AttributeProto {
    let (name, r#type) = (name.to_owned(), AttributeType::Int.into());
    AttributeProto { name, i: i as i64, r#type, ..AttributeProto::default() }
}

pub fn ints(name: &str, ints: &[usize]) -> AttributeProto {
    let ints = ints.iter().map(|&value| value as i64).collect();
    let (name, r#type) = (name.to_owned(), AttributeType::Ints.into());
    AttributeProto { name, ints, r#type, ..AttributeProto::default() }
}

fn value((name, dims): (&str, &[Dim])) -> ValueInfoProto {
    let side = |dim: &Dim| match *dim {
        Dim::Known(side) => dimension::Value::DimValue(side as i64),
        Dim::Named(name) => dimension::Value::DimParam(name.to_owned()),
    };
    let dim = dims.iter().map(|dim| Dimension { value: Some(side(dim)), ..Dimension::default() }).collect();
    let shape = Some(TensorShapeProto { dim });
    let value = Some(Value::TensorType(type_proto::Tensor { elem_type: DataType::Float.into(), shape }));
    let r#type = Some(TypeProto { value, ..TypeProto::default() });
    ValueInfoProto { name: name.to_owned(), r#type, ..ValueInfoProto::default() }
}

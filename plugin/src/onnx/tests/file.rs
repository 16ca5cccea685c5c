//! Small ONNX files, made on the fly.

use prost::Message;
use tract_core::internal::f16;

use super::random;
use crate::onnx::pb::{
    AttributeProto, AttributeType, DataType, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorTypeProto, TypeProto, ValueInfoProto,
};

#[derive(Clone, Copy, Debug)]
pub enum Attribute {
    Int(i64),
    Float(f32),
    Text(&'static str),
    Ints(&'static [i64]),
}

/// A graph from input `x` to whatever its last node gives.
#[derive(Clone, Debug)]
pub struct File {
    opset: i64,
    pub graph: GraphProto,
}

/// A node with output `y`.
pub fn node(operator: &str, inputs: &[&str], attributes: &[(&str, Attribute)]) -> NodeProto {
    let attribute = attributes.iter().map(|(name, attribute)| encode(name, *attribute)).collect();
    let input = inputs.iter().map(ToString::to_string).collect();
    NodeProto { op_type: operator.into(), input, output: vec!["y".into()], attribute, ..NodeProto::default() }
}

pub trait To {
    fn to(self, outputs: &[&str]) -> Self;
}

impl To for NodeProto {
    fn to(self, outputs: &[&str]) -> Self {
        Self { output: outputs.iter().map(ToString::to_string).collect(), ..self }
    }
}

fn encode(name: &str, attribute: Attribute) -> AttributeProto {
    let proto = AttributeProto { name: name.into(), ..AttributeProto::default() };
    match attribute {
        Attribute::Int(i) => AttributeProto { i, r#type: AttributeType::Int.into(), ..proto },
        Attribute::Float(f) => AttributeProto { f, r#type: AttributeType::Float.into(), ..proto },
        Attribute::Text(s) => AttributeProto { s: s.into(), r#type: AttributeType::String.into(), ..proto },
        Attribute::Ints(ints) => AttributeProto { ints: ints.into(), r#type: AttributeType::Ints.into(), ..proto },
    }
}

impl File {
    pub fn new(opset: i64) -> Self {
        let tensor_type = Some(TensorTypeProto { elem_type: DataType::Float.into() });
        let r#type = Some(TypeProto { tensor_type });
        let input = vec![ValueInfoProto { name: "x".into(), r#type }];
        Self { opset, graph: GraphProto { input, ..GraphProto::default() } }
    }

    pub fn with(mut self, node: NodeProto) -> Self {
        self.graph.node.push(node);
        self
    }

    pub fn random(self, name: &str, shape: &[usize]) -> Self {
        let values = random(shape.iter().product(), name.bytes().map(u32::from).sum());
        self.floats(name, shape, &values)
    }

    pub fn floats(self, name: &str, shape: &[usize], values: &[f32]) -> Self {
        self.tensor(name, shape, DataType::Float, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    pub fn halves(self, name: &str, shape: &[usize]) -> Self {
        let values = random(shape.iter().product(), 3);
        let bytes = values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect();
        self.tensor(name, shape, DataType::Float16, bytes)
    }

    /// Signed bytes from -128 to 127.
    pub fn signed(self, name: &str, shape: &[usize]) -> Self {
        let values = random(shape.iter().product(), 3);
        self.tensor(name, shape, DataType::Int8, values.iter().map(|value| (value * 128.0) as i8 as u8).collect())
    }

    pub fn ints(mut self, name: &str, values: &[i64]) -> Self {
        let (dims, data_type, name) = (vec![values.len() as i64], DataType::Int64.into(), name.into());
        let proto = TensorProto { dims, data_type, name, int64_data: values.into(), ..TensorProto::default() };
        self.graph.initializer.push(proto);
        self
    }

    pub fn int(self, name: &str, value: i64) -> Self {
        self.tensor(name, &[], DataType::Int64, value.to_le_bytes().into())
    }

    fn tensor(mut self, name: &str, shape: &[usize], kind: DataType, raw_data: Vec<u8>) -> Self {
        let (dims, data_type, name) = (shape.iter().map(|dim| *dim as i64).collect(), kind.into(), name.into());
        self.graph.initializer.push(TensorProto { dims, data_type, name, raw_data, ..TensorProto::default() });
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut graph = self.graph.clone();
        let last = graph.node.last().expect("a node");
        let outputs = last.output.iter().filter(|name| !name.is_empty());
        graph.output = outputs.map(|name| ValueInfoProto { name: name.clone(), r#type: None }).collect();
        let opset_import = vec![OperatorSetIdProto { version: self.opset, ..OperatorSetIdProto::default() }];
        ModelProto { opset_import, graph: Some(graph) }.encode_to_vec()
    }
}

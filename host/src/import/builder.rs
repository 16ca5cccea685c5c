//! Writing an ONNX graph node by node.

use prost::Message;

use super::onnx::{
    ATTRIBUTE_INT, ATTRIBUTE_INTS, Attribute, Constant, Dimension, FLOAT, Graph, INT64, IR_VERSION, Model, Node, OPSET,
    OperatorSet, Shape, Side, TensorType, Type, ValueInfo,
};
use super::tensors::Tensor;

/// A side of a tensor that is known, or has only a name until the graph runs.
#[derive(Clone, Copy)]
pub enum Dim {
    Known(usize),
    Named(&'static str),
}

#[derive(Default)]
pub struct Builder(Graph);

impl Builder {
    /// Adds the node `op`, whose one output has the name `output`, which is given back.
    pub fn node(&mut self, op: &str, inputs: &[&str], output: &str, attributes: Vec<Attribute>) -> String {
        self.node_of(op, inputs, &[output], attributes);
        output.to_owned()
    }

    pub fn node_of(&mut self, op: &str, inputs: &[&str], outputs: &[&str], attribute: Vec<Attribute>) {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let name = format!("{}/{op}", outputs.join("+"));
        let op_type = op.to_owned();
        self.0.node.push(Node { input: owned(inputs), output: owned(outputs), name, op_type, attribute });
    }

    /// Adds weights and gives their name back.
    pub fn weights(&mut self, name: &str, tensor: Tensor) -> String {
        let raw = tensor.data.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, FLOAT, &tensor.shape, raw)
    }

    /// A vector of whole numbers, such as the axes of a `Squeeze`.
    pub fn numbers(&mut self, name: &str, values: &[i64]) -> String {
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(name, INT64, &[values.len()], raw)
    }

    fn constant(&mut self, name: &str, data_type: i32, shape: &[usize], raw_data: Vec<u8>) -> String {
        let dims = shape.iter().map(|&side| side as i64).collect();
        self.0.initializer.push(Constant { dims, data_type, name: name.to_owned(), raw_data });
        name.to_owned()
    }

    /// The whole model, encoded.
    pub fn finish(mut self, name: &str, input: (&str, &[Dim]), output: (&str, &[Dim])) -> Vec<u8> {
        self.0.name = name.to_owned();
        self.0.input.push(value(input));
        self.0.output.push(value(output));
        let model = Model {
            ir_version: IR_VERSION,
            producer_name: "veritag".to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: Some(self.0),
            opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
        };
        model.encode_to_vec()
    }
}

pub fn int(name: &str, i: usize) -> Attribute {
    Attribute { name: name.to_owned(), i: i as i64, r#type: ATTRIBUTE_INT, ..Attribute::default() }
}

pub fn ints(name: &str, ints: &[usize]) -> Attribute {
    let ints = ints.iter().map(|&value| value as i64).collect();
    Attribute { name: name.to_owned(), ints, r#type: ATTRIBUTE_INTS, ..Attribute::default() }
}

fn value((name, dims): (&str, &[Dim])) -> ValueInfo {
    let side = |dim: &Dim| match *dim {
        Dim::Known(side) => Side::Value(side as i64),
        Dim::Named(name) => Side::Param(name.to_owned()),
    };
    let dim = dims.iter().map(|dim| Dimension { value: Some(side(dim)) }).collect();
    let tensor_type = Some(TensorType { elem_type: FLOAT, shape: Some(Shape { dim }) });
    ValueInfo { name: name.to_owned(), r#type: Some(Type { tensor_type }) }
}

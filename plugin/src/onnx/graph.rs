//! From a file to a graph of named nodes, and from there to a model for one input shape.

use std::collections::HashMap;

use prost::Message;
use tract_core::internal::*;

use super::attributes::Attributes;
use super::builder::{Builder, Value};
use super::pb::{DataType, GraphProto, ModelProto, NodeProto, ValueInfoProto};
use super::tensor::decode;

const MAX_NODES: usize = 4096;

/// An ONNX graph with one input. Its constants are shared with every model that is built from it.
pub struct Graph {
    symbols: SymbolScope,
    opset: i64,
    input: String,
    outputs: Vec<String>,
    constants: HashMap<String, Arc<Tensor>>,
    nodes: Vec<Node>,
}

/// One operator with the names of what goes in and out; empty names stand for what is left out.
pub struct Node {
    pub name: String,
    pub operator: String,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    pub attributes: Attributes,
}

impl Graph {
    /// Reads an ONNX file of opset 7 to 23. Half-precision constants become f32.
    ///
    /// # Errors
    /// When `bytes` are no such file, a constant cannot be read, or there is not exactly one input of
    /// floating-point numbers that is no constant. Operators are looked at by [`Graph::build`].
    pub fn read(bytes: &[u8]) -> TractResult<Self> {
        let model = ModelProto::decode(bytes).context("not an ONNX file")?;
        let known = |domain: &str| domain.is_empty() || domain == "ai.onnx";
        let opset = model.opset_import.iter().filter(|opset| known(&opset.domain)).map(|opset| opset.version).max();
        let opset = opset.context("the file names no opset")?;
        ensure!((7..=23).contains(&opset), "opset {opset} is not supported, 7 to 23 are");
        Self::from_graph(model.graph.context("the file holds no graph")?, opset)
    }

    fn from_graph(graph: GraphProto, opset: i64) -> TractResult<Self> {
        ensure!(graph.node.len() <= MAX_NODES, "{} nodes, at most {MAX_NODES} are supported", graph.node.len());
        let mut constants = HashMap::new();
        for proto in graph.initializer {
            constants.insert(proto.name.clone(), decode(proto)?);
        }
        let inputs: Vec<_> = graph.input.into_iter().filter(|input| !constants.contains_key(&input.name)).collect();
        let count = inputs.len();
        let [input] = <[_; 1]>::try_from(inputs).map_err(|_| format_err!("{count} inputs, expected one"))?;
        check_numbers(&input)?;
        ensure!(!graph.output.is_empty(), "the graph has no output");
        let outputs = graph.output.into_iter().map(|output| output.name).collect();
        let nodes = graph.node.into_iter().map(Node::decode).collect::<TractResult<_>>()?;
        Ok(Self { symbols: SymbolScope::default(), opset, input: input.name, outputs, constants, nodes })
    }

    /// A dimension that is free to change from run to run.
    pub fn free_dimension(&self) -> TDim {
        self.symbols.sym("N").into()
    }

    /// Builds a model for an f32 input of `shape`, of which one axis may be [`Graph::free_dimension`].
    /// Its outputs are in the order of the file.
    ///
    /// # Errors
    /// When an operator is not supported or not fit for what goes into it, with the node's name.
    pub fn build(&self, shape: &[TDim]) -> TractResult<TypedModel> {
        let constants = self.constants.iter().map(|(name, tensor)| (name.as_str(), Value::Constant(tensor.clone())));
        let mut builder = Builder::new(self.symbols.clone(), self.opset, constants.collect());
        builder.source(&self.input, shape)?;
        for node in &self.nodes {
            builder.add(node).with_context(|| format!("{} {:?}", node.operator, node.name))?;
        }
        builder.finish(&self.outputs)
    }
}

impl Node {
    fn decode(proto: NodeProto) -> TractResult<Self> {
        let domain = if proto.domain == "ai.onnx" { "" } else { &proto.domain };
        let operator = if domain.is_empty() { proto.op_type } else { format!("{domain}::{}", proto.op_type) };
        let unnamed = || proto.output.first().cloned().unwrap_or_default();
        let name = if proto.name.is_empty() { unnamed() } else { proto.name };
        let attributes = Attributes::decode(proto.attribute).with_context(|| format!("{operator} {name:?}"))?;
        Ok(Self { name, operator, inputs: proto.input, outputs: proto.output, attributes })
    }
}

fn check_numbers(input: &ValueInfoProto) -> TractResult<()> {
    let Some(tensor) = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref()) else { return Ok(()) };
    let numbers = [DataType::Float, DataType::Float16, DataType::Double, DataType::Undefined];
    ensure!(numbers.iter().any(|kind| *kind as i32 == tensor.elem_type), "input {:?} is not of numbers", input.name);
    Ok(())
}

//! The network as it is served: pixels go in, and each row that comes out says which bundle computed it.

use std::collections::HashSet;

use prost::Message;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto::{self, Value};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
};
use veritag::model::Bundle;
use veritag::open_inference::{BUNDLE, CROPS, FEATURES};

use crate::error::Error;

/// What the network got before there were pixels.
const NORMALISED: &str = "veritag/normalised";

/// The part `features` of a bundle with `crops` UINT8 `[N, 3, side, side]` as its input, `features` FP32 `[N, width]` and
/// `bundle` UINT8 `[N, 32]` as its outputs. Normalisation is what `prepare` does, but for its last bits.
///
/// # Errors
/// [`Error::Graph`] when the part is no network of one input and one output.
pub fn served(bundle: &Bundle) -> Result<Vec<u8>, Error> {
    let wrong = |why: String| Error::Graph { name: bundle.id.name.clone(), why };
    let (_, part) = bundle.parts().find(|(name, _)| *name == "features").expect("a whole bundle has it");
    let mut model = ModelProto::decode(part).map_err(|error| wrong(format!("is no ONNX file: {error}")))?;
    let graph = model.graph.as_mut().ok_or_else(|| wrong("has no graph".into()))?;
    let weights: HashSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    graph.input.retain(|input| !weights.contains(input.name.as_str()));
    let ([input], [output]) = (&graph.input[..], &graph.output[..]) else {
        return Err(wrong(format!(
            "has {} inputs and {} outputs, expected one each",
            graph.input.len(),
            graph.output.len()
        )));
    };
    let (input, output) = (input.name.clone(), output.name.clone());
    rename(graph, &output, FEATURES);
    rename(graph, &input, NORMALISED);
    let input = &bundle.spec.input;
    normalise(graph, input.mean, input.std);
    name_bundle(graph, &bundle.id.sha256);
    let side = input.size as i64;
    graph.input = vec![value(CROPS, DataType::Uint8, &[3, side, side])];
    graph.output.push(value(BUNDLE, DataType::Uint8, &[32]));
    model.producer_name = "veritag".into();
    Ok(model.encode_to_vec())
}

fn rename(graph: &mut GraphProto, from: &str, to: &str) {
    let nodes = graph.node.iter_mut().flat_map(|node| node.input.iter_mut().chain(node.output.iter_mut()));
    let values = graph.output.iter_mut().chain(&mut graph.value_info).map(|value| &mut value.name);
    nodes.chain(values).filter(|name| *name == from).for_each(|name| *name = to.to_owned());
}

/// (pixel / 255 − mean) / std, before all other nodes, as one product and one sum: two passes over the pixels instead of three.
fn normalise(graph: &mut GraphProto, mean: [f32; 3], std: [f32; 3]) {
    let floats = |value: fn(f64, f64) -> f64| {
        let channels = mean.iter().zip(std).map(|(&mean, std)| value(mean.into(), std.into()) as f32);
        channels.flat_map(f32::to_le_bytes).collect()
    };
    graph.initializer.extend([
        constant("veritag/scale", DataType::Float, &[1, 3, 1, 1], floats(|_, std| 1.0 / (255.0 * std))),
        constant("veritag/offset", DataType::Float, &[1, 3, 1, 1], floats(|mean, std| -mean / std)),
    ]);
    let to = AttributeProto { name: "to".into(), i: DataType::Float as i64, r#type: 2, ..Default::default() };
    let first = [
        node("Cast", &[CROPS], "veritag/float", vec![to]),
        node("Mul", &["veritag/float", "veritag/scale"], "veritag/scaled", vec![]),
        node("Add", &["veritag/scaled", "veritag/offset"], NORMALISED, vec![]),
    ];
    graph.node.splice(..0, first);
}

/// Gives every row the bundle's hash.
fn name_bundle(graph: &mut GraphProto, sha256: &str) {
    let hash = hex::decode(sha256).expect("a sha256 is hexadecimal");
    let numbers = |values: &[i64]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    graph.initializer.extend([
        constant("veritag/sha256", DataType::Uint8, &[1, 32], hash),
        constant("veritag/first", DataType::Int64, &[1], numbers(&[0])),
        constant("veritag/32", DataType::Int64, &[1], numbers(&[32])),
    ]);
    let axis = AttributeProto { name: "axis".into(), i: 0, r#type: 2, ..Default::default() };
    graph.node.extend([
        node("Shape", &[CROPS], "veritag/sides", vec![]),
        node("Gather", &["veritag/sides", "veritag/first"], "veritag/rows", vec![axis.clone()]),
        node("Concat", &["veritag/rows", "veritag/32"], "veritag/wide", vec![axis]),
        node("Expand", &["veritag/sha256", "veritag/wide"], BUNDLE, vec![]),
    ]);
}

fn node(op_type: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) -> NodeProto {
    let input = inputs.iter().map(|&name| name.to_owned()).collect();
    let (op_type, output) = (op_type.to_owned(), vec![output.to_owned()]);
    NodeProto { name: format!("{}/{op_type}", output[0]), op_type, input, output, attribute, ..Default::default() }
}

fn constant(name: &str, data_type: DataType, dims: &[i64], raw_data: Vec<u8>) -> TensorProto {
    TensorProto { name: name.into(), data_type: data_type.into(), dims: dims.to_vec(), raw_data, ..Default::default() }
}

/// A tensor of any number of rows of `row`.
fn value(name: &str, data_type: DataType, row: &[i64]) -> ValueInfoProto {
    let rows = dimension::Value::DimParam("N".into());
    let sides = [rows].into_iter().chain(row.iter().map(|&side| dimension::Value::DimValue(side)));
    let dim = sides.map(|side| Dimension { value: Some(side), ..Default::default() }).collect();
    let tensor = type_proto::Tensor { elem_type: data_type.into(), shape: Some(TensorShapeProto { dim }) };
    let r#type = Some(TypeProto { value: Some(Value::TensorType(tensor)), ..Default::default() });
    ValueInfoProto { name: name.into(), r#type, ..Default::default() }
}

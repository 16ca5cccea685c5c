//! Weights that a file stores as 8-bit integers with scales.

use std::collections::HashMap;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};

/// Replaces each `DequantizeLinear` of constants without a zero point by what it gives, in f32.
///
/// tract would do the same one value at a time, which takes seconds in a sandbox. What does not fit is left to it.
pub fn expand(graph: &mut GraphProto) {
    let mut constants: HashMap<String, TensorProto> =
        std::mem::take(&mut graph.initializer).into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
    graph.node.retain(|node| {
        let Some(full) = expanded(node, &constants) else { return true };
        constants.remove(&node.input[0]);
        constants.insert(full.name.clone(), full);
        false
    });
    graph.initializer = constants.into_values().collect();
}

fn expanded(node: &NodeProto, constants: &HashMap<String, TensorProto>) -> Option<TensorProto> {
    let ([stored, scales], [name]) = (&node.input[..], &node.output[..]) else { return None };
    let (stored, scales) = (constants.get(stored)?, values(constants.get(scales)?)?);
    if node.op_type != "DequantizeLinear" || stored.data_type != DataType::Int8 as i32 {
        return None;
    }
    let dims: Vec<usize> = stored.dims.iter().map(|&dim| dim.try_into().ok()).collect::<Option<_>>()?;
    let axis = node.attribute.iter().find(|attribute| attribute.name == "axis").map_or(1, |attribute| attribute.i);
    let axis = if axis < 0 { axis + dims.len() as i64 } else { axis };
    let (along, inner) = match scales.len() {
        1 => (1, stored.raw_data.len()),
        _ => (*dims.get(usize::try_from(axis).ok()?)?, dims[axis as usize + 1..].iter().product()),
    };
    let total = dims.iter().try_fold(1, |total: usize, dim| total.checked_mul(*dim))?;
    if scales.len() != along || total != stored.raw_data.len() || inner == 0 {
        return None;
    }
    let mut full: Vec<[u8; 4]> = Vec::with_capacity(total);
    for (run, scale) in stored.raw_data.chunks_exact(inner).zip(scales.iter().cycle()) {
        full.extend(run.iter().map(|&byte| (f32::from(byte as i8) * scale).to_le_bytes()));
    }
    Some(TensorProto {
        name: name.clone(),
        dims: stored.dims.clone(),
        data_type: DataType::Float as i32,
        raw_data: full.into_flattened(),
        ..TensorProto::default()
    })
}

/// The values of a tensor of f32.
fn values(tensor: &TensorProto) -> Option<Vec<f32>> {
    if tensor.data_type != DataType::Float as i32 {
        return None;
    }
    let raw = tensor.raw_data.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    Some(if tensor.raw_data.is_empty() { tensor.float_data.clone() } else { raw.collect() })
}

#[cfg(test)]
mod tests {
    use tract_onnx::pb::{AttributeProto, ModelProto, TypeProto, ValueInfoProto, type_proto};
    use tract_onnx::prelude::*;

    use super::*;

    fn tensor(name: &str, dims: &[i64], data_type: DataType, raw_data: Vec<u8>) -> TensorProto {
        let (name, dims, data_type) = (name.into(), dims.to_vec(), data_type as i32);
        TensorProto { name, dims, data_type, raw_data, ..TensorProto::default() }
    }

    fn node(op_type: &str, inputs: [&str; 2], output: &str, axis: i64) -> NodeProto {
        let axis = AttributeProto { name: "axis".into(), i: axis, r#type: 2, ..AttributeProto::default() };
        let attribute = if op_type == "DequantizeLinear" { vec![axis] } else { vec![] };
        let [input, output] = [inputs.map(str::to_owned).to_vec(), vec![output.to_owned()]];
        NodeProto { op_type: op_type.into(), name: output[0].clone(), input, output, attribute, ..NodeProto::default() }
    }

    /// x + 8-bit weights [2, 3, 4], with so many scales along `axis`.
    fn file(scales: usize, axis: i64) -> ModelProto {
        let stored = tensor("stored", &[2, 3, 4], DataType::Int8, (0..24).map(|i| i * 11).collect());
        let shape: &[i64] = if scales == 1 { &[] } else { &[scales as i64] };
        let raw = (1..=scales).flat_map(|i| (i as f32 / 7.0).to_le_bytes()).collect();
        let kind = type_proto::Tensor { elem_type: DataType::Float as i32, shape: None };
        let value = |name: &str| ValueInfoProto {
            name: name.into(),
            r#type: Some(TypeProto {
                value: Some(type_proto::Value::TensorType(kind.clone())),
                ..TypeProto::default()
            }),
            ..ValueInfoProto::default()
        };
        let graph = GraphProto {
            node: vec![
                node("DequantizeLinear", ["stored", "scales"], "full", axis),
                node("Add", ["x", "full"], "y", 0),
            ],
            initializer: vec![stored, tensor("scales", shape, DataType::Float, raw)],
            input: vec![value("x")],
            output: vec![value("y")],
            ..GraphProto::default()
        };
        let opset_import = vec![tract_onnx::pb::OperatorSetIdProto { version: 13, ..Default::default() }];
        ModelProto { graph: Some(graph), opset_import, ..ModelProto::default() }
    }

    fn run(file: &ModelProto) -> TractResult<Vec<f32>> {
        let mut model = tract_onnx::onnx().with_ignore_output_shapes(true).model_for_proto_model(file)?;
        model.set_input_fact(0, f32::fact([2, 3, 4]).into())?;
        let outputs = model.into_optimized()?.into_runnable()?.run(tvec!(Tensor::zero::<f32>(&[2, 3, 4])?.into()))?;
        Ok(outputs[0].try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
    }

    #[test]
    fn weights_of_eight_bits_are_what_tract_makes_of_them() {
        for (scales, axis) in [(1, 1), (2, 0), (3, 1), (4, -1), (4, 2)] {
            let mut file = file(scales, axis);
            let theirs = run(&file).unwrap();
            file.graph.iter_mut().for_each(expand);
            assert_eq!(file.graph.as_ref().unwrap().node.len(), 1);
            assert_eq!(run(&file).unwrap(), theirs, "{scales} scales along {axis}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_left_as_it_is() {
        for (scales, axis) in [(5, 1), (2, 7), (2, -7), (3, 0)] {
            let mut file = file(scales, axis);
            file.graph.iter_mut().for_each(expand);
            assert_eq!(file.graph.unwrap().node.len(), 2, "{scales} scales along {axis}");
        }
    }
}

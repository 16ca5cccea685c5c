//! Reads weights that a file stores as integers with scales.

use tract_core::internal::*;
use tract_onnx::model::{OnnxOpRegister, ParsingContext};
use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

use crate::kernels::Dequantize;

const NAME: &str = "DequantizeLinear";

/// Has graphs read with [`Dequantize`] in place of tract's operator, but where there are zero points or blocks: that one
/// would make weights whole one value at a time, which takes seconds in a sandbox.
pub fn register(operators: &mut OnnxOpRegister) {
    operators.insert(NAME, read);
}

fn read(context: &ParsingContext, node: &NodeProto) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
    if node.input.len() != 2 || node.get_attr_opt::<i64>("block_size")?.is_some_and(|size| size != 0) {
        return tract_onnx::onnx().op_register.0[NAME](context, node);
    }
    Ok((expand(Stored(Dequantize { axis: node.get_attr_opt("axis")?.unwrap_or(1) })), vec![]))
}

#[derive(Clone, Debug)]
struct Stored(Dequantize);

impl Expansion for Stored {
    fn name(&self) -> StaticName {
        NAME.into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(
        &'s self,
        solver: &mut Solver<'r>,
        inputs: &'p [TensorProxy],
        outputs: &'p [TensorProxy],
    ) -> InferenceResult {
        check_input_arity(inputs, 2)?;
        check_output_arity(outputs, 1)?;
        solver.equals(&inputs[1].datum_type, f32::datum_type())?;
        solver.equals(&outputs[0].datum_type, f32::datum_type())?;
        solver.equals(&inputs[0].shape, &outputs[0].shape)?;
        Ok(())
    }

    fn wire(&self, prefix: &str, target: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
        target.wire_node(prefix, self.0.clone(), inputs)
    }

    /// Not before the graph is translated: a convolution takes the integers.
    fn runs_out_of_plan(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use tract_onnx::pb::tensor_proto::DataType;
    use tract_onnx::pb::{AttributeProto, GraphProto, ModelProto, TensorProto, TypeProto, ValueInfoProto, type_proto};
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

    /// As it is read with our operator, or with tract's.
    fn run(file: &ModelProto, ours: bool) -> TractResult<(bool, Vec<f32>)> {
        let mut reader = tract_onnx::onnx().with_ignore_output_shapes(true);
        if ours {
            register(&mut reader.op_register);
        }
        let mut model = reader.model_for_proto_model(file)?;
        model.set_input_fact(0, f32::fact([2, 3, 4]).into())?;
        let model = model.into_typed()?;
        let kept = model.nodes.iter().any(|node| node.op_is::<Dequantize>());
        let outputs = model.into_optimized()?.into_runnable()?.run(tvec!(Tensor::zero::<f32>(&[2, 3, 4])?.into()))?;
        Ok((kept, outputs[0].try_as_plain_ram()?.as_slice::<f32>()?.to_vec()))
    }

    #[test]
    fn weights_of_eight_bits_are_what_tract_makes_of_them() {
        for (scales, axis) in [(1, 1), (2, 0), (3, 1), (4, -1), (4, 2)] {
            let file = file(scales, axis);
            let (ours, theirs) = (run(&file, true).unwrap(), run(&file, false).unwrap());
            assert_eq!(ours, (true, theirs.1), "{scales} scales along {axis}");
        }
    }

    #[test]
    fn scales_that_do_not_fit_are_refused() {
        for (scales, axis) in [(5, 1), (2, 7), (2, -7), (3, 0)] {
            assert!(run(&file(scales, axis), true).is_err(), "{scales} scales along {axis}");
        }
    }
}

//! Every operator against tract's own importer.

mod file;
mod hostile;

use tract_core::internal::*;
use tract_onnx::prelude::{Framework, InferenceModelExt, Tensor, TractResult, TypedModel, tvec};

use super::Graph;
use file::{Attribute::*, File, To, node};

/// Values from -1 to 1, the same every time.
fn random(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn run(model: TypedModel, shape: &[usize]) -> TractResult<Vec<(Vec<usize>, Vec<f32>)>> {
    let input = Tensor::from_shape(shape, &random(shape.iter().product(), 7))?;
    let outputs = model.into_optimized()?.into_runnable()?.run(tvec!(input.into()))?;
    outputs.iter().map(|o| Ok((o.shape().to_vec(), o.try_as_plain_ram()?.as_slice::<f32>()?.to_vec()))).collect()
}

fn ours(file: &[u8], shape: &[usize], free: Option<usize>) -> TractResult<Vec<(Vec<usize>, Vec<f32>)>> {
    let graph = Graph::read(file)?;
    let dims =
        (0..shape.len()).map(|axis| if free == Some(axis) { graph.free_dimension() } else { shape[axis].to_dim() });
    run(graph.build(&dims.collect::<Vec<_>>())?, shape)
}

fn theirs(file: &[u8], shape: &[usize]) -> TractResult<Vec<(Vec<usize>, Vec<f32>)>> {
    let mut model = tract_onnx::onnx().with_ignore_output_shapes(true).model_for_read(&mut &file[..])?;
    model.set_input_fact(0, f32::fact(shape).into())?;
    run(model.into_typed()?, shape)
}

fn assert_close(found: &[(Vec<usize>, Vec<f32>)], expected: &[(Vec<usize>, Vec<f32>)], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for ((found_shape, found), (shape, expected)) in found.iter().zip(expected) {
        assert_eq!(found_shape, shape, "{what}");
        let difference = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference < 1e-5, "{what}: {difference}");
    }
}

/// Runs `file` on `shape` here and in tract, with the first axis known and, if `free`, unknown.
fn agree(file: File, shape: &[usize], free: bool) {
    let what = format!("{file:?} on {shape:?}");
    let file = file.bytes();
    let expected = theirs(&file, shape).expect(&what);
    for free in [None, Some(0)].into_iter().take(1 + usize::from(free)) {
        assert_close(&ours(&file, shape, free).expect(&what), &expected, &what);
    }
}

fn value_by_value(opset: i64, operator: &'static str, attributes: &[(&'static str, file::Attribute)]) {
    agree(File::new(opset).with(node(operator, &["x"], attributes)), &[2, 3, 4, 5], true);
}

#[test]
fn activations() {
    for operator in ["Relu", "Sigmoid", "Tanh", "Identity", "Dropout", "HardSigmoid", "LeakyRelu"] {
        value_by_value(7, operator, &[]);
    }
    value_by_value(14, "HardSwish", &[]);
    value_by_value(9, "LeakyRelu", &[("alpha", Float(0.3))]);
    value_by_value(9, "HardSigmoid", &[("alpha", Float(0.4)), ("beta", Float(0.1))]);
    value_by_value(7, "Clip", &[("min", Float(-0.25)), ("max", Float(0.5))]);
    value_by_value(7, "Clip", &[("max", Float(0.5))]);
    let bounds = |inputs: &[&'static str]| {
        File::new(13).floats("low", &[], &[-0.25]).floats("high", &[], &[0.5]).with(node("Clip", inputs, &[]))
    };
    agree(bounds(&["x", "low", "high"]), &[2, 3, 4], true);
    agree(bounds(&["x", "", "high"]), &[2, 3, 4], true);
    let slope = File::new(9).random("slope", &[3, 1, 1]).with(node("PRelu", &["x", "slope"], &[]));
    agree(slope, &[2, 3, 4, 5], true);
}

#[test]
fn softmax() {
    value_by_value(11, "Softmax", &[("axis", Int(2))]);
    value_by_value(11, "Softmax", &[]);
    value_by_value(13, "Softmax", &[]);
    value_by_value(13, "Softmax", &[("axis", Int(1))]);
}

#[test]
fn arithmetic_broadcasts() {
    for operator in ["Add", "Sub", "Mul", "Div"] {
        for shape in [&[][..], &[5], &[4, 1], &[2, 3, 1, 5], &[1, 1, 3, 1, 1]] {
            let file = File::new(7).random("c", shape);
            agree(file.clone().with(node(operator, &["x", "c"], &[])), &[2, 3, 4, 5], shape.len() < 3);
            agree(file.with(node(operator, &["c", "x"], &[])), &[2, 3, 4, 5], shape.len() < 3 && operator != "Div");
        }
    }
}

#[test]
fn batch_normalization() {
    let file = File::new(9).random("scale", &[3]).random("bias", &[3]).random("mean", &[3]);
    let file = file.floats("variance", &[3], &[0.5, 1.0, 2.0]);
    let inputs = ["x", "scale", "bias", "mean", "variance"];
    agree(file.with(node("BatchNormalization", &inputs, &[("epsilon", Float(1e-3))])), &[2, 3, 4, 5], true);
}

#[test]
fn convolutions() {
    let weights = |shape: &[usize]| File::new(11).random("w", shape).random("b", &shape[..1]);
    let pads = ("pads", Ints(&[1, 2, 0, 1]));
    let conv = |inputs: &[&'static str], attributes: &[_]| node("Conv", inputs, attributes);
    agree(weights(&[4, 3, 3, 3]).with(conv(&["x", "w"], &[])), &[2, 3, 8, 9], true);
    let attributes = [pads, ("strides", Ints(&[2, 1])), ("dilations", Ints(&[1, 2])), ("kernel_shape", Ints(&[3, 3]))];
    agree(weights(&[4, 3, 3, 3]).with(conv(&["x", "w", "b"], &attributes)), &[2, 3, 8, 9], true);
    agree(weights(&[6, 2, 3, 3]).with(conv(&["x", "w", "b"], &[("group", Int(2))])), &[2, 4, 8, 9], true);
    agree(weights(&[8, 1, 3, 3]).with(conv(&["x", "w", "b"], &[("group", Int(8))])), &[2, 8, 8, 9], true);
    for same in ["SAME_UPPER", "SAME_LOWER", "VALID"] {
        let attributes = [("auto_pad", Text(same)), ("strides", Ints(&[2, 2]))];
        agree(weights(&[4, 3, 3, 2]).with(conv(&["x", "w", "b"], &attributes)), &[2, 3, 8, 9], true);
    }
}

#[test]
fn transposed_convolutions() {
    let weights = |shape: &[usize], outputs| File::new(11).random("w", shape).random("b", &[outputs]);
    let transposed = |attributes: &[_]| node("ConvTranspose", &["x", "w", "b"], attributes);
    agree(weights(&[4, 3, 2, 2], 3).with(transposed(&[("strides", Ints(&[2, 2]))])), &[2, 4, 5, 6], true);
    let attributes = [("strides", Ints(&[2, 3])), ("pads", Ints(&[1, 0, 1, 1])), ("output_padding", Ints(&[1, 2]))];
    agree(weights(&[4, 3, 3, 4], 3).with(transposed(&attributes)), &[2, 4, 5, 6], true);
    agree(weights(&[4, 3, 3, 3], 6).with(transposed(&[("group", Int(2))])), &[2, 4, 5, 6], true);
    let file = File::new(11).random("w", &[4, 1, 2, 2]);
    let attributes = [("group", Int(4)), ("strides", Ints(&[2, 2]))];
    agree(file.with(node("ConvTranspose", &["x", "w"], &attributes)), &[2, 4, 5, 6], true);
}

#[test]
fn pools() {
    let shape = ("kernel_shape", Ints(&[3, 2]));
    let attributes = [shape, ("strides", Ints(&[2, 2])), ("pads", Ints(&[1, 1, 1, 0]))];
    for operator in ["MaxPool", "AveragePool"] {
        value_by_value(10, operator, &attributes);
        value_by_value(10, operator, &[shape]);
        value_by_value(10, operator, &[shape, ("strides", Ints(&[2, 3])), ("ceil_mode", Int(1))]);
    }
    value_by_value(10, "MaxPool", &[shape, ("auto_pad", Text("SAME_UPPER")), ("strides", Ints(&[2, 2]))]);
    let padded = ("pads", Ints(&[1, 1, 1, 0]));
    value_by_value(10, "AveragePool", &[shape, padded, ("count_include_pad", Int(1))]);
    value_by_value(10, "GlobalAveragePool", &[]);
}

#[test]
fn means() {
    value_by_value(11, "ReduceMean", &[("axes", Ints(&[-1, 2]))]);
    value_by_value(11, "ReduceMean", &[("axes", Ints(&[2, 3])), ("keepdims", Int(0))]);
    value_by_value(11, "ReduceMean", &[("axes", Ints(&[0, 1])), ("keepdims", Int(0))]);
    value_by_value(11, "ReduceMean", &[("keepdims", Int(0))]);
    agree(File::new(18).ints("axes", &[1]).with(node("ReduceMean", &["x", "axes"], &[])), &[2, 3, 4], true);
}

#[test]
fn shapes() {
    value_by_value(9, "Flatten", &[]);
    value_by_value(9, "Flatten", &[("axis", Int(2))]);
    value_by_value(9, "Flatten", &[("axis", Int(0))]);
    value_by_value(9, "Transpose", &[]);
    value_by_value(9, "Transpose", &[("perm", Ints(&[0, 2, 3, 1]))]);
    value_by_value(9, "Unsqueeze", &[("axes", Ints(&[1, 5]))]);
    value_by_value(9, "Slice", &[("starts", Ints(&[1, -3])), ("ends", Ints(&[i64::MAX, -1])), ("axes", Ints(&[1, 3]))]);
    for target in [&[0, -1][..], &[-1, 60], &[0, 12, 5], &[1, -1, 4, 5]] {
        agree(File::new(9).ints("to", target).with(node("Reshape", &["x", "to"], &[])), &[2, 3, 4, 5], true);
    }
    let ones = &[2, 1, 3, 1];
    agree(File::new(13).ints("axes", &[1, 3]).with(node("Squeeze", &["x", "axes"], &[])), ones, true);
    agree(File::new(9).with(node("Squeeze", &["x"], &[("axes", Ints(&[-1]))])), ones, true);
    let all = File::new(9).with(node("Squeeze", &["x"], &[])).bytes();
    assert_close(&ours(&all, ones, Some(0)).unwrap(), &[(vec![2, 3], random(6, 7))], "all axes of length one");
    agree(File::new(13).ints("axes", &[0, 1]).with(node("Unsqueeze", &["x", "axes"], &[])), ones, true);
}

#[test]
fn parts() {
    let bounds = File::new(13).ints("from", &[1]).ints("to", &[3]).ints("axes", &[2]);
    agree(bounds.with(node("Slice", &["x", "from", "to", "axes"], &[])), &[2, 3, 4], true);
    for axis in 0..3 {
        let gather = |file: File| file.with(node("Gather", &["x", "at"], &[("axis", Int(axis))]));
        agree(gather(File::new(13).int("at", -1)), &[2, 3, 4], true);
        agree(gather(File::new(13).int("at", 1)), &[2, 3, 4], true);
        agree(gather(File::new(13).ints("at", &[1])), &[2, 3, 4], true);
        agree(gather(File::new(13).ints("at", &[1, 0, 1])), &[2, 3, 4], axis > 0);
    }
    let joined = File::new(11).random("c", &[2, 2, 4]).with(node("Concat", &["x", "c", "x"], &[("axis", Int(1))]));
    agree(joined, &[2, 3, 4], false);
    agree(File::new(11).with(node("Concat", &["x", "x"], &[("axis", Int(-1))])), &[2, 3, 4], true);
    let pad = node("Pad", &["x"], &[("pads", Ints(&[0, 1, 2, 0, 0, 1])), ("value", Float(0.5))]);
    agree(File::new(10).with(pad), &[2, 3, 4], true);
    let pads = File::new(13).ints("pads", &[0, 1, 2, 0, 0, 1]).floats("value", &[], &[0.5]);
    agree(pads.with(node("Pad", &["x", "pads", "value"], &[])), &[2, 3, 4], true);
}

#[test]
fn matrices() {
    let file = File::new(11).random("b", &[4, 5]).random("c", &[5]);
    agree(file.clone().with(node("Gemm", &["x", "b", "c"], &[])), &[3, 4], true);
    let scaled = [("alpha", Float(0.5)), ("beta", Float(2.0)), ("transA", Int(1)), ("transB", Int(1))];
    agree(
        File::new(11).random("b", &[5, 3]).random("c", &[4, 1]).with(node("Gemm", &["x", "b", "c"], &scaled)),
        &[3, 4],
        false,
    );
    agree(file.clone().with(node("Gemm", &["x", "b"], &[("transB", Int(0))])), &[3, 4], true);
    agree(file.clone().with(node("MatMul", &["x", "b"], &[])), &[3, 4], true);
    agree(file.with(node("MatMul", &["x", "b"], &[])), &[2, 3, 4], true);
    agree(File::new(11).random("b", &[2, 4, 5]).with(node("MatMul", &["x", "b"], &[])), &[2, 3, 4], false);
}

fn lstm(hidden: usize, features: usize) -> File {
    let file = File::new(14).random("w", &[1, 4 * hidden, features]).random("r", &[1, 4 * hidden, hidden]);
    file.random("b", &[1, 8 * hidden])
}

#[test]
fn lstm_gives_what_tract_gives_for_any_part_of_its_outputs() {
    for (hidden, features) in [(3, 5), (16, 4), (21, 7)] {
        for outputs in [&["y", "h", "c"][..], &["y"], &["", "h"], &["", "", "c"]] {
            for inputs in [&["x", "w", "r", "b"][..], &["x", "w", "r"]] {
                let node = node("LSTM", inputs, &[("hidden_size", Int(hidden as i64))]).to(outputs);
                agree(lstm(hidden, features).with(node), &[6, 1, features], true);
            }
        }
    }
}

/// tract's importer takes no batches; so each sequence is compared with itself alone, bit for bit.
#[test]
fn lstm_sequences_of_a_batch_do_not_meet() {
    let (steps, batch, features) = (5, 3, 4);
    let file = lstm(18, features).with(node("LSTM", &["x", "w", "r", "b"], &[]).to(&["y", "h"]));
    let graph = Graph::read(&file.bytes()).unwrap();
    let run = |input: Tensor| {
        let shape = [graph.free_dimension(), input.shape()[1].to_dim(), features.to_dim()];
        let outputs = graph.build(&shape).unwrap().into_optimized().unwrap().into_runnable().unwrap();
        outputs.run(tvec!(input.into())).unwrap()
    };
    let input = Tensor::from_shape(&[steps, batch, features], &random(steps * batch * features, 5)).unwrap();
    let together = run(input.clone());
    for sequence in 0..batch {
        let alone = run(input.slice(1, sequence, sequence + 1).unwrap());
        assert_eq!(together[0].slice(2, sequence, sequence + 1).unwrap(), *alone[0]);
        assert_eq!(together[1].slice(1, sequence, sequence + 1).unwrap(), *alone[1]);
    }
}

#[test]
fn weights_of_eight_bits() {
    for (scales, axis) in [(&[1, 6][1..], 1), (&[4], 0), (&[4], -2), (&[], 1)] {
        let file = File::new(13).signed("stored", &[4, 6]).random("scales", scales).signed("zeros", scales);
        for inputs in [&["stored", "scales"][..], &["stored", "scales", "zeros"]] {
            let full = node("DequantizeLinear", inputs, &[("axis", Int(axis))]).to(&["full"]);
            agree(file.clone().with(full).with(node("MatMul", &["x", "full"], &[])), &[5, 4], true);
        }
    }
    let file = File::new(13).signed("stored", &[4, 6]).random("scales", &[3]);
    let file = file.with(node("DequantizeLinear", &["stored", "scales"], &[])).bytes();
    assert!(Graph::read(&file).unwrap().build(&[1.to_dim()]).is_err(), "3 scales along an axis of length 6");
}

#[test]
fn constants_are_folded() {
    let file = File::new(13).halves("half", &[4, 6]).ints("to", &[3, 8]);
    let nodes = [
        node("Cast", &["half"], &[("to", Int(1))]).to(&["full"]),
        node("Reshape", &["full", "to"], &[]).to(&["shaped"]),
        node("Transpose", &["shaped"], &[]).to(&["flipped"]),
        node("Constant", &[], &[("value_float", Float(2.0))]).to(&["two"]),
        node("Mul", &["flipped", "two"], &[]).to(&["b"]),
        node("MatMul", &["x", "b"], &[]),
    ];
    let file = nodes.into_iter().fold(file, File::with);
    let (found, expected) = (ours(&file.bytes(), &[5, 8], Some(0)), theirs(&file.bytes(), &[5, 8]));
    assert_close(&found.unwrap(), &expected.unwrap(), "folded");
    let model = Graph::read(&file.bytes()).unwrap().build(&[5.to_dim(), 8.to_dim()]).unwrap();
    assert_eq!(model.nodes().len(), 3, "{model}");
}

//! Files that contradict themselves are errors, never panics.

use std::sync::LazyLock;

use proptest::prelude::*;
use tract_core::internal::*;

use super::super::Graph;
use super::file::{Attribute::*, File, To, node};

fn small() -> File {
    let file = File::new(13).random("w", &[4, 2, 3, 3]).random("up", &[4, 1, 2, 2]).ints("to", &[0, 4, -1]);
    let file = file.random("i", &[1, 12, 36]).random("r", &[1, 12, 3]).random("b", &[1, 24]).random("last", &[3, 2]);
    let file = file.int("at", -1).random("scale", &[4]).floats("variance", &[4], &[1.0; 4]).floats("six", &[], &[6.0]);
    let normalized = ["conv", "scale", "scale", "scale", "variance"];
    [
        node("Conv", &["x", "w", "scale"], &[("pads", Ints(&[1, 1, 1, 1])), ("strides", Ints(&[2, 2]))]).to(&["conv"]),
        node("BatchNormalization", &normalized, &[]).to(&["bn"]),
        node("Clip", &["bn", "", "six"], &[]).to(&["clip"]),
        node("ConvTranspose", &["clip", "up"], &[("group", Int(4)), ("strides", Ints(&[2, 2]))]).to(&["wide"]),
        node("MaxPool", &["wide"], &[("kernel_shape", Ints(&[2, 2])), ("auto_pad", Text("SAME_UPPER"))]).to(&["pool"]),
        node("Reshape", &["pool", "to"], &[]).to(&["flat"]),
        node("Transpose", &["flat"], &[("perm", Ints(&[1, 0, 2]))]).to(&["steps"]),
        node("LSTM", &["steps", "i", "r", "b"], &[("hidden_size", Int(3))]).to(&["all", "end"]),
        node("Gather", &["all", "at"], &[("axis", Int(0))]).to(&["step"]),
        node("Squeeze", &["step"], &[("axes", Ints(&[0]))]).to(&["row"]),
        node("Gemm", &["row", "last"], &[("alpha", Float(0.5))]).to(&["y"]),
    ]
    .into_iter()
    .fold(file, File::with)
}

static SMALL: LazyLock<Vec<u8>> = LazyLock::new(|| small().bytes());

fn build(file: &[u8]) -> TractResult<TypedModel> {
    let graph = Graph::read(file)?;
    graph.build(&[graph.free_dimension(), 2.to_dim(), 6.to_dim(), 6.to_dim()])
}

fn error_of(file: &File) -> String {
    format!("{:#}", build(&file.bytes()).expect_err("an error"))
}

#[test]
fn the_small_file_is_sound() {
    build(&SMALL).unwrap().into_optimized().unwrap();
}

#[test]
fn errors_name_node_and_operator() {
    let unknown = File::new(13).with(node("Einsum", &["x"], &[]));
    assert_eq!(error_of(&unknown), "Einsum \"y\": operator Einsum is not supported");
    let missing = File::new(13).with(node("Relu", &["z"], &[]));
    assert_eq!(error_of(&missing), "Relu \"y\": input \"z\" is not the output of an earlier node");
    let cycle = File::new(13).with(node("Relu", &["b"], &[]).to(&["a"])).with(node("Relu", &["a"], &[]).to(&["b"]));
    assert_eq!(error_of(&cycle), "Relu \"a\": input \"b\" is not the output of an earlier node");
    let twice = File::new(13).with(node("Relu", &["x"], &[])).with(node("Relu", &["x"], &[]));
    assert_eq!(error_of(&twice), "Relu \"y\": \"y\" is defined twice");
    let weights = File::new(13).random("w", &[4, 3, 3, 3]).with(node("Conv", &["x", "w"], &[]));
    assert_eq!(error_of(&weights), "Conv \"y\": weights for 3 channels, the input has 2");
    let kernel = File::new(13).random("w", &[4, 2, 7, 7]).with(node("Conv", &["x", "w"], &[]));
    assert_eq!(error_of(&kernel), "Conv \"y\": the kernel does not fit 6×6");
    let state = File::new(13).random("h", &[1]).with(node("LSTM", &["x", "h", "h", "", "", "h"], &[]));
    assert_eq!(error_of(&state), "LSTM \"y\": input 5 is not supported");
}

#[test]
fn counts_and_shapes_must_match() {
    let few = File::new(13).floats("w", &[2, 2], &[1.0]).with(node("Relu", &["x"], &[]));
    assert_eq!(error_of(&few), "tensor \"w\": 1 values do not fill the shape [2, 2]");
    let huge = File::new(13).floats("w", &[usize::MAX >> 1, 4], &[]).with(node("Relu", &["x"], &[]));
    assert!(error_of(&huge).contains("do not fill the shape"));
    let pads = ("pads", Ints(&[0, 0, 1 << 26, 0, 0, 0, 1 << 26, 0]));
    assert!(error_of(&File::new(10).with(node("Pad", &["x"], &[pads]))).contains("no shape that can be computed"));
    let stretched = ("pads", Ints(&[1 << 26, 0]));
    let constant = File::new(10).floats("c", &[1], &[1.0]).with(node("Pad", &["c"], &[stretched]).to(&["a"]));
    assert!(error_of(&constant.with(node("Add", &["x", "a"], &[]))).contains("constants grow"));
    let mut two = File::new(13).with(node("Relu", &["x"], &[]));
    two.graph.input.extend(File::new(13).graph.input);
    assert_eq!(error_of(&two), "2 inputs, expected one");
    assert!(error_of(&File::new(6).with(node("Relu", &["x"], &[]))).contains("opset 6 is not supported"));
}

/// Any number, but often one that nearly fits.
fn number() -> impl Strategy<Value = i64> {
    prop_oneof![-4..40i64, any::<i64>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..6),
    ) {
        let mut file = SMALL.clone();
        for (at, byte, kind) in changes {
            let at = at.index(file.len());
            match kind {
                0 => file.insert(at, byte),
                1 => drop(file.remove(at)),
                2 => file[at] = file[at].wrapping_add(1 << (byte % 8)),
                _ => file[at] = byte,
            }
        }
        let _ = build(&file).map(TypedModel::into_optimized);
    }

    #[test]
    fn changed_attributes_never_panic(node in 0..11usize, index in 0..2usize, at in 0..4usize, value in number()) {
        let mut file = small();
        if let Some(attribute) = file.graph.node[node].attribute.get_mut(index) {
            attribute.i = value;
            attribute.ints.iter_mut().skip(at).take(1).for_each(|slot| *slot = value);
        }
        let _ = build(&file.bytes()).map(TypedModel::into_optimized);
    }

    #[test]
    fn changed_shapes_and_wires_never_panic(
        (tensor, at, value) in (0..11usize, 0..4usize, number()),
        (node, input, other) in (0..11usize, 0..4usize, any::<prop::sample::Index>()),
    ) {
        let mut file = small();
        let tensors = file.graph.initializer.iter().map(|tensor| &tensor.name);
        let names: Vec<String> = tensors.chain(file.graph.node.iter().map(|node| &node.output[0])).cloned().collect();
        if let Some(input) = file.graph.node[node].input.get_mut(input) {
            input.clone_from(other.get(&names));
        }
        let _ = build(&file.bytes()).map(TypedModel::into_optimized);
        file.graph.initializer[tensor].dims.iter_mut().skip(at).take(1).for_each(|dim| *dim = value);
        let _ = build(&file.bytes());
    }
}

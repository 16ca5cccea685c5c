//! The ONNX part `features`: crops → features.

use super::builder::{Builder, Dim, int, ints};
use super::resnext::{Backbone, Block, Conv};
use super::tensors::Tensor;

/// `crops` `[N, 3, size, size]` → `features` `[N, F]`.
pub fn encode(backbone: Backbone, size: usize) -> Vec<u8> {
    let mut graph = Builder::default();
    let length = backbone.features();
    let mut x = conv(&mut graph, "crops", backbone.stem);
    x = graph.node("Relu", &[&x], "relu", vec![]);
    let window = vec![ints("kernel_shape", &[3, 3]), ints("pads", &[1; 4]), ints("strides", &[2, 2])];
    x = graph.node("MaxPool", &[&x], "maxpool", window);
    for part in backbone.layers.into_iter().flatten() {
        x = block(&mut graph, &x, part);
    }
    x = graph.node("GlobalAveragePool", &[&x], "avgpool", vec![]);
    let axes = graph.numbers("sides", &[2, 3]);
    graph.node("Squeeze", &[&x, &axes], "features", vec![]);
    let side = Dim::Known(size);
    let crops = [Dim::Named("N"), Dim::Known(3), side, side];
    graph.finish("features", ("crops", &crops), ("features", &[Dim::Named("N"), Dim::Known(length)]))
}

fn block(graph: &mut Builder, x: &str, block: Block) -> String {
    let [first, second, third] = block.convs;
    let mut y = conv(graph, x, first);
    y = graph.node("Relu", &[&y], &format!("{}.relu1", block.name), vec![]);
    y = conv(graph, &y, second);
    y = graph.node("Relu", &[&y], &format!("{}.relu2", block.name), vec![]);
    y = conv(graph, &y, third);
    let beside = block.downsample.map_or_else(|| x.to_owned(), |down| conv(graph, x, down));
    y = graph.node("Add", &[&y, &beside], &format!("{}.add", block.name), vec![]);
    graph.node("Relu", &[&y], &format!("{}.relu", block.name), vec![])
}

fn conv(graph: &mut Builder, x: &str, conv: Conv) -> String {
    let side = conv.side();
    let attributes = vec![
        ints("dilations", &[1, 1]),
        int("group", conv.groups),
        ints("kernel_shape", &[side, side]),
        ints("pads", &[side / 2; 4]),
        ints("strides", &[conv.stride, conv.stride]),
    ];
    let bias = Tensor { shape: vec![conv.bias.len()], data: conv.bias };
    let weight = graph.weights(&format!("{}.weight", conv.name), conv.weight);
    let bias = graph.weights(&format!("{}.bias", conv.name), bias);
    graph.node("Conv", &[x, &weight, &bias], &conv.name, attributes)
}

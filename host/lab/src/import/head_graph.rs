//! The ONNX part `head`: features → logits.

use veritag_abi::bundle::TemporalMode;

use super::builder::{Builder, Dim, int, ints};
use super::head::Head;
use super::options::Pool;
use super::tensors::Tensor;

/// `features` → `logits`: `[1, T, F]` → `[1, C]` for a sequence, else `[N, F]` → `[N, C]`, where each
/// row is a sequence of its own.
pub fn encode(head: Head, mode: TemporalMode, pool: Pool) -> Vec<u8> {
    match mode {
        TemporalMode::Sequence => sequence(head, pool),
        TemporalMode::FrameMean | TemporalMode::LastFrame => rows(head),
    }
}

fn sequence(head: Head, pool: Pool) -> Vec<u8> {
    let mut graph = Builder::default();
    let features = [Dim::Known(1), Dim::Named("T"), Dim::Known(head.features)];
    let classes = head.classes;
    let frames = graph.node("Transpose", &["features"], "frames", vec![ints("perm", &[1, 0, 2])]);
    let hidden = [int("hidden_size", head.hidden)].into();
    let mut inputs =
        vec![frames, graph.weights("lstm.input", head.input), graph.weights("lstm.recurrent", head.recurrent)];
    inputs.extend(head.bias.map(|bias| graph.weights("lstm.bias", bias)));
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    graph.node_of("LSTM", &inputs, if pool == Pool::Last { &["", "last"] } else { &["outputs"] }, hidden);
    let pooled = pooled(&mut graph, pool);
    gemm(&mut graph, &pooled, "logits", head.weight, head.offset);
    graph.finish("head", ("features", &features), ("logits", &[Dim::Known(1), Dim::Known(classes)]))
}

/// `[batch, hidden]` of the LSTM's last output `[1, batch, hidden]` or all `[time, 1, batch, hidden]`.
fn pooled(graph: &mut Builder, pool: Pool) -> String {
    match pool {
        Pool::Last => {
            let axis = graph.numbers("direction", &[0]);
            graph.node("Squeeze", &["last", &axis], "pooled", vec![])
        }
        Pool::Mean => graph.node("ReduceMean", &["outputs"], "pooled", vec![ints("axes", &[0, 1]), int("keepdims", 0)]),
    }
}

/// An LSTM's first step from a state of zeros: c = σ(i) · tanh(g), h = σ(o) · tanh(c), where forget gate
/// and recurrent weights have nothing to act on (Hochreiter and Schmidhuber, 1997; Gers et al., 2000).
fn rows(head: Head) -> Vec<u8> {
    let mut graph = Builder::default();
    let (features, classes) =
        ([Dim::Named("N"), Dim::Known(head.features)], [Dim::Named("N"), Dim::Known(head.classes)]);
    let input = gate(&mut graph, &head, 0, "input", "Sigmoid");
    let output = gate(&mut graph, &head, 1, "output", "Sigmoid");
    let candidate = gate(&mut graph, &head, 3, "candidate", "Tanh");
    let cell = graph.node("Mul", &[&input, &candidate], "cell", vec![]);
    let bounded = graph.node("Tanh", &[&cell], "cell.tanh", vec![]);
    let hidden = graph.node("Mul", &[&output, &bounded], "hidden", vec![]);
    gemm(&mut graph, &hidden, "logits", head.weight, head.offset);
    graph.finish("head", ("features", &features), ("logits", &classes))
}

/// Gate `at` of ONNX's four (input, output, forget, cell), `[rows, hidden]`.
fn gate(graph: &mut Builder, head: &Head, at: usize, name: &str, activation: &str) -> String {
    let (hidden, size) = (head.hidden, head.hidden * head.features);
    let rows = head.input.data[at * size..(at + 1) * size].to_vec();
    let weight = Tensor { shape: vec![hidden, head.features], data: rows };
    let sum = |unit| head.bias.as_ref().map_or(0.0, |bias| bias.data[unit] + bias.data[4 * hidden + unit]);
    let bias = (at * hidden..(at + 1) * hidden).map(sum).collect();
    let linear = gemm(graph, "features", &format!("{name}.linear"), weight, bias);
    graph.node(activation, &[&linear], name, vec![])
}

/// x · weightᵀ + bias.
fn gemm(graph: &mut Builder, x: &str, output: &str, weight: Tensor, bias: Vec<f32>) -> String {
    let bias = Tensor { shape: vec![bias.len()], data: bias };
    let weight = graph.weights(&format!("{output}.weight"), weight);
    let bias = graph.weights(&format!("{output}.bias"), bias);
    graph.node("Gemm", &[x, &weight, &bias], output, vec![int("transB", 1)])
}

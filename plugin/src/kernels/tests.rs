//! The rewritten graph computes what tract computes.

use proptest::prelude::*;
use tract_core::internal::*;
use tract_core::ops::cnn::{Conv, KernelFormat, MaxPool, PaddingSpec, PoolSpec};
use tract_core::ops::math;
use tract_core::ops::nn::{DataFormat, Reduce, Reducer};

use super::op::NhwcConv;
use super::translate;

#[derive(Clone, Copy, Debug)]
struct Shape {
    kernel: usize,
    stride: usize,
    dilation: usize,
    pad: usize,
    groups: usize,
    inputs: usize,
    outputs: usize,
    side: usize,
}

fn shapes() -> impl Strategy<Value = Shape> {
    let grouped = (1usize..4, 1usize..7, 1usize..7).prop_map(|(groups, i, o)| (groups, groups * i, groups * o));
    let depthwise = (1usize..4).prop_map(|n| (n * 8, n * 8, n * 8));
    let wide = (1usize..30, 1usize..30).prop_map(|(i, o)| (1, i, o));
    (prop_oneof![grouped, depthwise, wide], 1usize..4, 1usize..3, 1usize..3, 0usize..3, 7usize..12).prop_map(
        |((groups, inputs, outputs), kernel, stride, dilation, pad, side)| Shape {
            kernel,
            stride,
            dilation,
            pad,
            groups,
            inputs,
            outputs,
            side,
        },
    )
}

/// Values that look random and are the same every time.
fn values(shape: &[usize], seed: u32) -> Tensor {
    let value = |i: u32| (i.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32 - 0.5;
    let all: Vec<f32> = (0..shape.iter().product::<usize>() as u32).map(value).collect();
    Tensor::from_shape(shape, &all).unwrap()
}

impl Shape {
    fn conv(&self) -> Conv {
        let padding = PaddingSpec::Explicit(tvec!(self.pad, self.pad), tvec!(self.pad, self.pad + 1));
        let both = |value| tvec!(value, value);
        let pool = PoolSpec::new(
            DataFormat::NCHW,
            both(self.kernel),
            padding,
            Some(both(self.dilation)),
            Some(both(self.stride)),
            self.inputs,
            self.outputs,
        );
        Conv::new(pool, KernelFormat::OIHW, self.groups, None)
    }

    fn wire(&self, model: &mut TypedModel, name: &str, input: OutletId) -> OutletId {
        let weights = values(&[self.outputs, self.inputs / self.groups, self.kernel, self.kernel], 1);
        let weights = model.add_const(format!("{name}.w"), weights).unwrap();
        let bias = model.add_const(format!("{name}.b"), values(&[self.outputs], 2)).unwrap();
        model.wire_node(name, self.conv(), &[input, weights, bias]).unwrap()[0]
    }
}

fn scalar(model: &mut TypedModel, name: &str, value: f32) -> OutletId {
    model.add_const(name, tensor0(value).broadcast_into_rank(4).unwrap()).unwrap()
}

fn run(model: TypedModel, input: &Tensor) -> Tensor {
    let plan = model.into_runnable().unwrap();
    plan.run(tvec!(input.clone().into())).unwrap().remove(0).into_tensor()
}

/// Runs `model` as it is and rewritten, which may be `off` by so much; gives how many convolutions became ours.
fn assert_same(model: &TypedModel, input: &Tensor, off: f32) -> usize {
    let rewritten = translate(model).unwrap();
    let ours = rewritten.nodes.iter().filter(|node| node.op_is::<NhwcConv>()).count();
    let (expected, found) = (run(model.clone(), input), run(rewritten.into_optimized().unwrap(), input));
    assert_eq!(found.shape(), expected.shape());
    let (found, expected) = (found.try_as_plain_ram().unwrap(), expected.try_as_plain_ram().unwrap());
    let pairs = found.as_slice::<f32>().unwrap().iter().zip(expected.as_slice::<f32>().unwrap());
    let worst = pairs.map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f32::max);
    assert!(worst < off, "off by {worst}");
    ours
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_convolution_with_its_clamp_is_the_same(shape in shapes(), images in 1usize..3) {
        let mut model = TypedModel::default();
        let dims = [images, shape.inputs, shape.side, shape.side + 1];
        let source = model.add_source("x", f32::fact(dims)).unwrap();
        let image = shape.wire(&mut model, "conv", source);
        let (low, high) = (scalar(&mut model, "low", 0.0), scalar(&mut model, "high", 0.2));
        let image = model.wire_node("max", math::max(), &[image, low]).unwrap()[0];
        let image = model.wire_node("min", math::min(), &[high, image]).unwrap()[0];
        model.select_output_outlets(&[image]).unwrap();
        // Depthwise kernels take whole vectors of eight channels; any other is left to tract.
        let depthwise = shape.groups > 1 && shape.groups == shape.inputs && shape.groups == shape.outputs;
        let ours = usize::from(!depthwise || shape.outputs.is_multiple_of(8));
        // Rounding to integers adds up as the root of the products that are summed.
        let products = shape.inputs / shape.groups * shape.kernel * shape.kernel;
        let off = 5e-4 * (products as f32 / 128.0).sqrt().max(1.0);
        prop_assert_eq!(assert_same(&model, &values(&dims, 3), off), ours);
    }
}

#[test]
fn a_residual_block_with_pooling_and_a_mean_is_the_same() {
    let first = Shape { kernel: 3, stride: 1, dilation: 1, pad: 1, groups: 1, inputs: 3, outputs: 16, side: 12 };
    let inner = Shape { kernel: 1, pad: 0, inputs: 16, ..first };
    let mut model = TypedModel::default();
    let side = [12, 12].map(|d: usize| d.to_dim());
    let images = model.symbols.sym("N").to_dim();
    let dims = tvec!(images, 3.to_dim(), side[0].clone(), side[1].clone());
    let source = model.add_source("x", f32::fact(dims)).unwrap();
    let image = first.wire(&mut model, "first", source);
    let pool = PoolSpec::new(
        DataFormat::NCHW,
        tvec!(3, 3),
        PaddingSpec::ExplicitOnnxPool(tvec!(1, 1), tvec!(1, 1), false),
        None,
        Some(tvec!(2, 2)),
        16,
        16,
    );
    let pooled = model.wire_node("pool", MaxPool::new(pool, None), &[image]).unwrap()[0];
    let (left, right) = (Shape { pad: 0, ..inner }, Shape { pad: 0, ..inner });
    let branches = [left.wire(&mut model, "left", pooled), right.wire(&mut model, "right", pooled)];
    let sum = model.wire_node("add", math::add(), &branches).unwrap()[0];
    let zero = scalar(&mut model, "zero", 0.0);
    let image = model.wire_node("relu", math::max(), &[zero, sum]).unwrap()[0];
    let mean = model.wire_node("mean", Reduce::new(tvec!(2, 3), Reducer::Sum), &[image]).unwrap()[0];
    model.select_output_outlets(&[mean]).unwrap();
    assert_eq!(assert_same(&model, &values(&[2, 3, 12, 12], 5), 5e-4), 3);
}

/// As in MobileNetV2: what is between a block's convolutions is bounded, and goes on in levels.
#[test]
fn an_inverted_residual_block_is_the_same() {
    for (kernel, stride, channels) in [(3, 1, 16), (5, 2, 24), (3, 2, 8), (5, 1, 40)] {
        let wide = channels * 6;
        let point =
            Shape { kernel: 1, stride: 1, dilation: 1, pad: 0, groups: 1, inputs: channels, outputs: wide, side: 11 };
        let depthwise = Shape { kernel, stride, pad: kernel / 2, groups: wide, inputs: wide, ..point };
        let mut model = TypedModel::default();
        let dims = [2, channels, 11, 12];
        let source = model.add_source("x", f32::fact(dims)).unwrap();
        let image = point.wire(&mut model, "expand", source);
        let image = relu6(&mut model, "first", image);
        let image = depthwise.wire(&mut model, "depthwise", image);
        let image = relu6(&mut model, "second", image);
        let image = Shape { inputs: wide, outputs: channels, ..point }.wire(&mut model, "project", image);
        model.select_output_outlets(&[image]).unwrap();
        // A level is worth up to 8e-4 here, and 240 of them, each rounded, meet in a sum.
        assert_eq!(assert_same(&model, &values(&dims, 7), 5e-3), 3);
        let giving = |node: &&TypedNode| node.op_as::<NhwcConv>().is_some_and(|conv| conv.0.gives.is_some());
        assert_eq!(translate(&model).unwrap().nodes.iter().filter(giving).count(), 2);
    }
}

fn relu6(model: &mut TypedModel, name: &str, image: OutletId) -> OutletId {
    let [low, high] =
        [("zero", 0.0), ("six", 6.0)].map(|(bound, value)| scalar(model, &format!("{name}.{bound}"), value));
    let image = model.wire_node(format!("{name}.max"), math::max(), &[image, low]).unwrap()[0];
    model.wire_node(format!("{name}.min"), math::min(), &[image, high]).unwrap()[0]
}

#[test]
fn a_value_that_has_no_level_is_an_error() {
    let shape = Shape { kernel: 1, stride: 1, dilation: 1, pad: 0, groups: 1, inputs: 8, outputs: 8, side: 2 };
    let mut model = TypedModel::default();
    let source = model.add_source("x", f32::fact([1, 8, 2, 2])).unwrap();
    let first = shape.wire(&mut model, "first", source);
    let bounded = relu6(&mut model, "relu", first);
    let second = shape.wire(&mut model, "second", bounded);
    model.select_output_outlets(&[second]).unwrap();
    let plan = translate(&model).unwrap().into_runnable().unwrap();
    let input = Tensor::from_shape(&[1, 8, 2, 2], &[f32::NAN; 32]).unwrap();
    let error = plan.run(tvec!(input.into())).unwrap_err();
    assert!(format!("{error:#}").contains("a value is not finite"), "{error:#}");
}

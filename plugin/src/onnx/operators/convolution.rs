//! Convolutions over images `[images, channels, height, width]`.

use tract_core::internal::*;
use tract_core::ops::cnn::{Conv, Deconv, KernelFormat, PaddingSpec, PoolSpec};
use tract_core::ops::nn::DataFormat;

use crate::onnx::attributes::Attributes;
use crate::onnx::builder::{Call, MAX_VOLUME, Value};

/// Longest side of a kernel, a stride, a dilation or a padding.
const MAX_EXTENT: i64 = 1 << 12;

/// How a kernel moves over an image: what convolutions and pools have in common.
pub struct Window {
    pub kernel: [usize; 2],
    pub strides: [usize; 2],
    pub dilations: [usize; 2],
    pub before: [usize; 2],
    pub after: [usize; 2],
}

impl Window {
    /// Reads the attributes for an image of `size`, `[height, width]`; `kernel` where it is known.
    pub fn read(attributes: &Attributes, kernel: Option<[usize; 2]>, size: [usize; 2]) -> TractResult<Self> {
        let given = attributes.integers("kernel_shape")?.map(|given| extents::<2>(given, 1)).transpose()?;
        let kernel = given.or(kernel).context("the kernel's shape is not known")?;
        let strides = attributes.integers("strides")?.map_or(Ok([1; 2]), |given| extents(given, 1))?;
        let dilations = attributes.integers("dilations")?.map_or(Ok([1; 2]), |given| extents(given, 1))?;
        let [top, left, bottom, right] = attributes.integers("pads")?.map_or(Ok([0; 4]), |given| extents(given, 0))?;
        let mut window = Self { kernel, strides, dilations, before: [top, left], after: [bottom, right] };
        match attributes.text("auto_pad")?.unwrap_or("NOTSET") {
            "NOTSET" => (),
            "VALID" => (window.before, window.after) = ([0; 2], [0; 2]),
            "SAME_UPPER" => (window.before, window.after) = window.same(size),
            "SAME_LOWER" => (window.after, window.before) = window.same(size),
            other => bail!("auto_pad {other:?} is not supported"),
        }
        Ok(window)
    }

    /// Values from one end of the kernel to the other.
    pub fn reach(&self, axis: usize) -> usize {
        (self.kernel[axis] - 1) * self.dilations[axis] + 1
    }

    /// The smaller and the larger half of the padding with which the output is one n-th of `size`.
    fn same(&self, size: [usize; 2]) -> ([usize; 2], [usize; 2]) {
        let needed =
            |axis: usize| (size[axis].div_ceil(self.strides[axis]) - 1) * self.strides[axis] + self.reach(axis);
        let padding = [0, 1].map(|axis| needed(axis).saturating_sub(size[axis]));
        (padding.map(|both| both / 2), padding.map(|both| both.div_ceil(2)))
    }

    /// # Errors
    /// When an image of `[channels, height, width]` with its padding is smaller than the kernel, or huge.
    pub fn check(&self, [channels, height, width]: [usize; 3]) -> TractResult<()> {
        let padded = [0, 1].map(|axis| [height, width][axis] + self.before[axis] + self.after[axis]);
        ensure!(
            [0, 1].iter().all(|axis| padded[*axis] >= self.reach(*axis)),
            "the kernel does not fit {height}×{width}"
        );
        let volume = padded.iter().fold(channels, |volume, side| volume.saturating_mul(*side));
        ensure!(volume <= MAX_VOLUME, "{channels}×{height}×{width} is too large with its padding");
        Ok(())
    }

    /// # Errors
    /// When spreading an image of `[channels, height, width]` to `outputs` channels leaves nothing, or is huge.
    fn check_spread(&self, [_, height, width]: [usize; 3], outputs: usize, extra: [usize; 2]) -> TractResult<()> {
        let size = [height, width];
        let spread = [0, 1].map(|axis| {
            (size[axis] - 1).saturating_mul(self.strides[axis]).saturating_add(self.reach(axis) + extra[axis])
        });
        let fits = |axis: &usize| {
            spread[*axis] > self.before[*axis] + self.after[*axis]
                && extra[*axis] < self.strides[*axis].max(self.dilations[*axis])
        };
        ensure!([0, 1].iter().all(fits), "padding does not fit {height}×{width}");
        let volumes = [spread, [0, 1].map(|axis| size[axis].saturating_mul(self.kernel[axis]))];
        let huge =
            volumes.iter().any(|[height, width]| height.saturating_mul(*width).saturating_mul(outputs) > MAX_VOLUME);
        ensure!(!huge, "{outputs}×{height}×{width} is too large with its kernel");
        Ok(())
    }

    /// As tract has it; a pool says with `ceiled` whether an incomplete last window counts.
    pub fn spec(&self, ceiled: Option<bool>, [inputs, outputs]: [usize; 2]) -> PoolSpec {
        let [kernel, strides, dilations] =
            [self.kernel, self.strides, self.dilations].map(|pair| TVec::from(&pair[..]));
        let (before, after) = (self.before[..].into(), self.after[..].into());
        let padding = match ceiled {
            Some(ceiled) => PaddingSpec::ExplicitOnnxPool(before, after, ceiled),
            None => PaddingSpec::Explicit(before, after),
        };
        PoolSpec::new(DataFormat::NCHW, kernel, padding, Some(dilations), Some(strides), inputs, outputs)
    }
}

fn extents<const N: usize>(given: &[i64], least: i64) -> TractResult<[usize; N]> {
    let fits = given.len() == N && given.iter().all(|value| (least..=MAX_EXTENT).contains(value));
    ensure!(fits, "{given:?}, expected {N} values from {least} to {MAX_EXTENT}");
    Ok(std::array::from_fn(|index| given[index] as usize))
}

/// Weights `[outputs, inputs per group, height, width]`.
pub fn conv(call: &mut Call) -> TractResult<Value> {
    let (input, weights) = (call.input(0)?, call.weights(1, 4)?);
    let &[outputs, per_group, height, width] = weights.shape() else { bail!("expected four axes") };
    let (image, groups) = (call.image(&input)?, groups(call)?);
    let inputs = per_group.saturating_mul(groups);
    ensure!(inputs == image[0], "weights for {inputs} channels, the input has {}", image[0]);
    ensure!(outputs.is_multiple_of(groups), "{outputs} outputs in {groups} groups");
    let window = window(call, [height, width], image)?;
    window.check(image)?;
    let spec = window.spec(None, [inputs, outputs]);
    let bias = bias(call, outputs)?;
    call.wire(Conv::new(spec, KernelFormat::OIHW, groups, None), &[input, Value::Constant(weights), bias])
}

/// Weights `[inputs, outputs per group, height, width]`.
pub fn transpose(call: &mut Call) -> TractResult<Value> {
    let attributes = &call.node.attributes;
    attributes.refuse(&["output_shape"])?;
    let auto_pad = attributes.text("auto_pad")?.unwrap_or("NOTSET");
    ensure!(matches!(auto_pad, "NOTSET" | "VALID"), "auto_pad {auto_pad:?} is not supported");
    let (input, weights) = (call.input(0)?, call.weights(1, 4)?);
    let &[inputs, per_group, height, width] = weights.shape() else { bail!("expected four axes") };
    let (image, groups) = (call.image(&input)?, groups(call)?);
    ensure!(inputs == image[0], "weights for {inputs} channels, the input has {}", image[0]);
    ensure!(inputs.is_multiple_of(groups), "{inputs} inputs in {groups} groups");
    let (window, outputs) = (window(call, [height, width], image)?, per_group.saturating_mul(groups));
    let extra: [usize; 2] = attributes.integers("output_padding")?.map_or(Ok([0; 2]), |given| extents(given, 0))?;
    window.check_spread(image, outputs, extra)?;
    let spec = window.spec(None, [inputs, outputs]);
    let weights = outputs_first(call, Value::Constant(weights), groups)?;
    let bias = bias(call, outputs)?;
    call.wire(Deconv::new(spec, KernelFormat::OIHW, extra[..].into(), groups), &[input, weights, bias])
}

fn window(call: &Call, kernel: [usize; 2], [_, height, width]: [usize; 3]) -> TractResult<Window> {
    let window = Window::read(&call.node.attributes, Some(kernel), [height, width])?;
    ensure!(window.kernel == kernel, "kernel_shape {:?}, but weights of {kernel:?}", window.kernel);
    Ok(window)
}

fn groups(call: &Call) -> TractResult<usize> {
    let groups = call.node.attributes.integer("group")?.unwrap_or(1);
    usize::try_from(groups).ok().filter(|groups| *groups > 0).with_context(|| format!("{groups} groups"))
}

/// Input 2, one value per output channel, or zero.
fn bias(call: &Call, outputs: usize) -> TractResult<Value> {
    if call.optional(2)?.is_none() {
        return Ok(Value::Constant(tensor0(0f32).into_arc_tensor()));
    }
    let bias = call.weights(2, 1)?;
    ensure!(bias.len() == outputs, "a bias of {} values for {outputs} channels", bias.len());
    Ok(Value::Constant(bias))
}

/// From `[inputs, outputs per group, …]` to `[outputs, inputs per group, …]`.
fn outputs_first(call: &mut Call, weights: Value, groups: usize) -> TractResult<Value> {
    let shape = call.shape(&weights)?;
    let (inputs, outputs, groups) = (shape[0].clone() / groups, shape[1].clone(), groups.to_dim());
    let split = AxisOp::Reshape(0, tvec![shape[0].clone()], tvec![groups.clone(), inputs]);
    let weights = call.wire(split, &[weights])?;
    let weights = call.wire(AxisOp::Move(1, 2), &[weights])?;
    let joined = tvec![groups.clone() * &outputs];
    call.wire(AxisOp::Reshape(0, tvec![groups, outputs], joined), &[weights])
}

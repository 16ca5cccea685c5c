//! Weights that a file stores as integers with scales, as one operator: a convolution may take the integers as they are.

use tract_core::internal::*;

/// ONNX's `DequantizeLinear` without a zero point: integers times one scale, or times one for each place along an axis.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Dequantize {
    /// Below 0 it counts from the last one.
    pub axis: i64,
}

impl Dequantize {
    /// The 8-bit integers and the scale of each filter, `[filters][values of one]`, if `inputs` are such.
    pub fn filters<'a>(&self, [stored, scales]: [&'a Tensor; 2]) -> TractResult<Option<(&'a [i8], Vec<f32>)>> {
        let (shape, scales) = (stored.shape(), values(scales)?);
        let by_filter = scales.len() == 1 || self.run(shape, scales.len())? == shape[1..].iter().product::<usize>();
        if stored.datum_type() != i8::datum_type() || !by_filter {
            return Ok(None);
        }
        let each = if scales.len() == 1 { vec![scales[0]; shape[0]] } else { scales.to_vec() };
        Ok(Some((stored.try_as_plain_ram()?.as_slice()?, each)))
    }

    /// How many values in a row have one of so many scales.
    fn run(&self, shape: &[usize], scales: usize) -> TractResult<usize> {
        if scales == 1 {
            return Ok(shape.iter().product());
        }
        let axis = if self.axis < 0 { self.axis + shape.len() as i64 } else { self.axis };
        let along = usize::try_from(axis).ok().and_then(|axis| Some((axis, *shape.get(axis)?)));
        match along {
            Some((axis, length)) if length == scales => Ok(shape[axis + 1..].iter().product()),
            _ => bail!("{scales} scales along axis {} of {shape:?}", self.axis),
        }
    }
}

impl Op for Dequantize {
    fn name(&self) -> StaticName {
        "DequantizeLinear".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Dequantize {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (stored, scales) = args_2!(inputs);
        let run = self.run(stored.shape(), scales.len())?;
        let mut full = values(&*stored.cast_to::<f32>()?)?.to_vec();
        for (run, scale) in full.chunks_mut(run.max(1)).zip(values(&scales)?.iter().cycle()) {
            run.iter_mut().for_each(|value| *value *= scale);
        }
        Ok(tvec!(Tensor::from_shape(stored.shape(), &full)?.into_tvalue()))
    }
}

impl TypedOp for Dequantize {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(inputs[0].shape.clone())))
    }

    as_op!();
}

fn values(tensor: &Tensor) -> TractResult<&[f32]> {
    tensor.try_as_plain_ram()?.as_slice()
}

//! The convolution as an operator in a tract graph.

use tract_core::internal::*;

use super::convolve::Convolution;
use super::values::{Input, Output};

/// Convolves `[images, height, width, channels]`; a second input, of the output's shape, is added to it.
#[derive(Clone, Debug)]
pub struct NhwcConv(pub Arc<Convolution>);

impl PartialEq for NhwcConv {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for NhwcConv {}

impl Op for NhwcConv {
    fn name(&self) -> StaticName {
        "NhwcConv".into()
    }

    fn info(&self) -> TractResult<Vec<String>> {
        Ok(vec![format!("{:?}", self.0.geometry)])
    }

    op_as_typed_op!();
}

impl NhwcConv {
    fn output_size(&self, height: usize, width: usize) -> TractResult<[usize; 2]> {
        let geometry = &self.0.geometry;
        geometry.output([height, width]).with_context(|| format!("{geometry:?} does not fit {height}×{width}"))
    }
}

impl EvalOp for NhwcConv {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let &[images, height, width, _] = inputs[0].shape() else { bail!("expected four axes") };
        let [out_height, out_width] = self.output_size(height, width)?;
        let shape = [images, out_height, out_width, self.0.geometry.channels_out];
        let added = inputs.get(1).map(|added| added.try_as_plain_ram()).transpose()?;
        let added = added.as_ref().map(|added| added.as_slice::<f32>()).transpose()?;
        let input = inputs[0].try_as_plain_ram()?;
        let input = match self.0.takes {
            None => Input::Floats(input.as_slice()?),
            Some(_) => Input::Levels(input.as_slice()?),
        };
        let run = |mut output: Output| self.0.run(input, [height, width], added, &mut output);
        let output = match self.0.gives {
            None => filled(&shape, |values| run(Output::Floats(values)))?,
            Some(_) => filled(&shape, |values| run(Output::Levels(values)))?,
        };
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for NhwcConv {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shape = &inputs[0].shape;
        ensure!(shape.rank() == 4 && inputs[0].datum_type == datum_type(self.0.takes));
        let [height, width] = self.output_size(shape[1].to_usize()?, shape[2].to_usize()?)?;
        let shape: TVec<TDim> =
            tvec!(shape[0].clone(), height.to_dim(), width.to_dim(), self.0.geometry.channels_out.to_dim());
        ensure!(inputs.get(1).is_none_or(|added| added.shape.as_ref() == shape.as_slice()));
        Ok(tvec!(datum_type(self.0.gives).fact(shape)))
    }

    as_op!();
}

/// A tensor whose values `fill` writes over zeros. (`Tensor::zero` writes these one by one.)
fn filled<T: Datum + Clone + Default>(
    shape: &[usize; 4],
    fill: impl FnOnce(&mut [T]) -> TractResult<()>,
) -> TractResult<Tensor> {
    let mut values = vec![T::default(); shape.iter().product()];
    fill(&mut values)?;
    Ok(tract_ndarray::ArrayD::from_shape_vec(&shape[..], values)?.into_tensor())
}

/// Of an image in levels that are worth so much, if it is in levels.
fn datum_type(level: Option<f32>) -> DatumType {
    if level.is_some() { i16::datum_type() } else { f32::datum_type() }
}

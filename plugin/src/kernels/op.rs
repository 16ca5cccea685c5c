//! The convolution as an operator in a tract graph.

use tract_core::internal::*;

use super::convolve::Convolution;

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
        let mut output = Tensor::zero::<f32>(&[images, out_height, out_width, self.0.geometry.channels_out])?;
        let input = inputs[0].try_as_plain_ram()?;
        let added = inputs.get(1).map(|added| added.try_as_plain_ram()).transpose()?;
        let added = added.as_ref().map(|added| added.as_slice::<f32>()).transpose()?;
        let mut view = output.try_as_plain_ram_mut()?;
        self.0.run(input.as_slice::<f32>()?, [height, width], added, view.as_slice_mut::<f32>()?);
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for NhwcConv {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shape = &inputs[0].shape;
        ensure!(shape.rank() == 4 && inputs[0].datum_type == f32::datum_type());
        let [height, width] = self.output_size(shape[1].to_usize()?, shape[2].to_usize()?)?;
        let shape: TVec<TDim> =
            tvec!(shape[0].clone(), height.to_dim(), width.to_dim(), self.0.geometry.channels_out.to_dim());
        ensure!(inputs.get(1).is_none_or(|added| added.shape.as_ref() == shape.as_slice()));
        Ok(tvec!(f32::fact(shape)))
    }

    as_op!();
}

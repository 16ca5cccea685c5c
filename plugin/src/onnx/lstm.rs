//! Long short-term memory (Hochreiter and Schmidhuber, 1997; forget gate: Gers et al., 2000).

use tract_core::internal::*;

use super::builder::{Call, Value};
use super::panels::Panels;
use super::tensor::floats;

/// Gates per unit, in ONNX's order: input, output, forget, cell.
const GATES: usize = 4;

/// Runs over `[steps, batch, features]` from a state of zeros; gives the hidden state after each step,
/// `[steps, 1, batch, hidden]`, and the last hidden and cell state, `[1, batch, hidden]` each.
#[derive(Clone, Debug)]
struct Lstm(Arc<Layer>);

#[derive(Debug)]
struct Layer {
    features: usize,
    hidden: usize,
    input: Panels,
    recurrent: Panels,
    /// One value per gate and unit.
    bias: Vec<f32>,
}

/// The node of `call`: one layer, forward, with weights W `[1, 4 · hidden, features]`, R `[1, 4 · hidden,
/// hidden]` and, if any, B `[1, 8 · hidden]`.
///
/// # Errors
/// When it is anything but that, or starts from a given state.
pub fn build(call: &mut Call) -> TractResult<Vec<Value>> {
    let attributes = &call.node.attributes;
    attributes.refuse(&["activations", "activation_alpha", "activation_beta", "clip"])?;
    let direction = attributes.text("direction")?.unwrap_or("forward");
    ensure!(direction == "forward", "direction {direction:?} is not supported");
    let other_form = attributes.flag("input_forget", false)? || attributes.flag("layout", false)?;
    ensure!(!other_form, "input_forget and layout are not supported");
    for index in 4..call.node.inputs.len() {
        ensure!(call.optional(index)?.is_none(), "input {index} is not supported");
    }
    let (input, layer) = (call.input(0)?, Layer::read(call)?);
    if let Some(size) = attributes.integer("hidden_size")? {
        ensure!(usize::try_from(size) == Ok(layer.hidden), "hidden_size {size}, but weights for {}", layer.hidden);
    }
    call.wire_all(Lstm(Arc::new(layer)), &[input])
}

impl Layer {
    fn read(call: &Call) -> TractResult<Self> {
        let (input, recurrent) = (call.weights(1, 3)?, call.weights(2, 3)?);
        let &[1, rows, features] = input.shape() else { bail!("weights W of shape {:?}", input.shape()) };
        let hidden = rows / GATES;
        ensure!(hidden > 0 && features > 0 && rows == GATES * hidden, "weights W of shape {:?}", input.shape());
        ensure!(recurrent.shape() == [1, rows, hidden], "weights R of shape {:?}", recurrent.shape());
        let bias = match call.optional(3)? {
            Some(_) => call.weights(3, 2).and_then(|bias| sum_halves(&bias, rows))?,
            None => vec![0.0; rows],
        };
        let (input, recurrent) = (Panels::pack(floats(&input)?, features), Panels::pack(floats(&recurrent)?, hidden));
        Ok(Self { features, hidden, input, recurrent, bias })
    }

    fn run(&self, features: &[f32], batch: usize, outputs: &mut [f32], last: &mut [f32], cells: &mut [f32]) {
        let mut gates = self.bias.repeat(features.len() / self.features);
        self.input.add_products(features, &mut gates);
        let steps = gates.chunks_exact_mut(GATES * self.hidden * batch);
        for (gates, output) in steps.zip(outputs.chunks_exact_mut(batch * self.hidden)) {
            self.recurrent.add_products(last, gates);
            let rows = gates.chunks_exact(GATES * self.hidden);
            for ((gates, cells), last) in
                rows.zip(cells.chunks_exact_mut(self.hidden)).zip(last.chunks_exact_mut(self.hidden))
            {
                step(gates, cells, last);
            }
            output.copy_from_slice(last);
        }
    }
}

/// Biases of input and recurrent weights, added up.
fn sum_halves(bias: &Tensor, rows: usize) -> TractResult<Vec<f32>> {
    ensure!(bias.shape() == [1, 2 * rows], "bias B of shape {:?}", bias.shape());
    let (input, recurrent) = floats(bias)?.split_at(rows);
    Ok(input.iter().zip(recurrent).map(|(input, recurrent)| input + recurrent).collect())
}

/// One step of one sequence: from gates before activation to new cell and hidden states.
fn step(gates: &[f32], cells: &mut [f32], hidden: &mut [f32]) {
    let units = cells.len();
    for unit in 0..units {
        let [input, output, forget, candidate] = [0, 1, 2, 3].map(|gate| gates[gate * units + unit]);
        cells[unit] = sigmoid(forget) * cells[unit] + sigmoid(input) * tanh(candidate);
        hidden[unit] = sigmoid(output) * tanh(cells[unit]);
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

fn tanh(x: f32) -> f32 {
    let shrunk = exp(-2.0 * x.abs());
    ((1.0 - shrunk) / (1.0 + shrunk)).copysign(x)
}

/// eˣ from additions and products alone (after Moshier's Cephes), so that it is the same on every machine.
fn exp(x: f32) -> f32 {
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    const TERMS: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_66, 0.5];
    let x = x.clamp(-87.0, 88.0);
    let power = (x * std::f32::consts::LOG2_E + 0.5).floor();
    let rest = x - power * LN_2[0] - power * LN_2[1];
    let series = TERMS.iter().fold(0.0, |sum, term| sum * rest + term);
    (series * rest * rest + rest + 1.0) * f32::from_bits(((power as i32 + 127) as u32) << 23)
}

impl PartialEq for Lstm {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Lstm {}

impl Op for Lstm {
    fn name(&self) -> StaticName {
        "Lstm".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Lstm {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let &[steps, batch, features] = inputs[0].shape() else { bail!("expected three axes") };
        ensure!(features == self.0.features, "{features} features, expected {}", self.0.features);
        let mut outputs = Tensor::zero::<f32>(&[steps, 1, batch, self.0.hidden])?;
        let mut last = Tensor::zero::<f32>(&[1, batch, self.0.hidden])?;
        let mut cells = last.clone();
        if steps * batch > 0 {
            let (mut outputs, mut last, mut cells) =
                (outputs.try_as_plain_ram_mut()?, last.try_as_plain_ram_mut()?, cells.try_as_plain_ram_mut()?);
            let (outputs, last, cells) = (outputs.as_slice_mut()?, last.as_slice_mut()?, cells.as_slice_mut()?);
            self.0.run(floats(&inputs[0])?, batch, outputs, last, cells);
        }
        Ok(tvec!(outputs.into_tvalue(), last.into_tvalue(), cells.into_tvalue()))
    }
}

impl TypedOp for Lstm {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shape = &inputs[0].shape;
        ensure!(shape.rank() == 3, "{} axes, expected steps, batch and features", shape.rank());
        ensure!(shape[2] == self.0.features.to_dim(), "{} features, expected {}", shape[2], self.0.features);
        let (steps, batch, hidden) = (shape[0].clone(), shape[1].clone(), self.0.hidden.to_dim());
        let last = f32::fact(&[1.to_dim(), batch.clone(), hidden.clone()]);
        Ok(tvec!(f32::fact(&[steps, 1.to_dim(), batch, hidden]), last.clone(), last))
    }

    as_op!();
}

#[cfg(test)]
mod tests {
    use super::{sigmoid, tanh};

    #[test]
    fn activations_are_within_two_units_of_the_exact_ones() {
        for step in -4000..=4000 {
            let x = step as f32 / 100.0;
            let exact = f64::from(x);
            assert!((f64::from(sigmoid(x)) - 1.0 / (1.0 + (-exact).exp())).abs() < 2.4e-7, "sigmoid of {x}");
            assert!((f64::from(tanh(x)) - exact.tanh()).abs() < 2.4e-7, "tanh of {x}");
        }
        assert!(sigmoid(-1e30) < 1e-37 && sigmoid(1e30) == 1.0);
        assert_eq!([-1e30, 1e30].map(tanh), [-1.0, 1.0]);
        assert!(sigmoid(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
    }
}

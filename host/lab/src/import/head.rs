//! The head: one LSTM over the frames' features, and a linear layer.

use super::error::{ImportError, Result, unsupported};
use super::names::Names;
use super::tensors::Tensor;

/// Sizes and weights, the gates already in ONNX's order.
#[derive(Debug)]
pub struct Head {
    pub features: usize,
    pub hidden: usize,
    pub classes: usize,
    /// `[1, 4 · hidden, features]`.
    pub input: Tensor,
    /// `[1, 4 · hidden, hidden]`.
    pub recurrent: Tensor,
    /// `[1, 8 · hidden]`: the input's biases, then the recurrent ones.
    pub bias: Option<Tensor>,
    /// `[classes, hidden]`.
    pub weight: Tensor,
    pub offset: Vec<f32>,
}

impl Head {
    /// Takes the head's tensors from `names`; `features` is what the backbone gives.
    ///
    /// # Errors
    /// `Unsupported` for LSTMs of more layers or directions, `Missing` and `Shape` naming the tensor.
    pub fn take(names: &mut Names, features: usize) -> Result<Self> {
        refuse_others(names)?;
        let recurrent = names.lstm("weight_hh_l0");
        let hidden = names.shape(&recurrent).and_then(|shape| shape.get(1).copied()).unwrap_or_default();
        let input = gates(names, "weight_ih_l0", hidden, Some(features))?;
        let recurrent = gates(names, "weight_hh_l0", hidden, Some(hidden))?;
        let bias = bias(names, hidden)?;
        let (weight, offset) = linear(names, hidden)?;
        let classes = weight.shape[0];
        Ok(Self { features, hidden, classes, input, recurrent, bias, weight, offset })
    }
}

fn refuse_others(names: &Names) -> Result<()> {
    for (tensor, what) in [
        ("weight_ih_l1", "more than one layer"),
        ("weight_ih_l0_reverse", "two directions"),
        ("weight_hr_l0", "a projection"),
    ] {
        if names.has(&names.lstm(tensor)) {
            return unsupported(format!(
                "its LSTM has {what} (`{}`); only one layer in one direction is",
                names.lstm(tensor)
            ));
        }
    }
    Ok(())
}

fn bias(names: &mut Names, hidden: usize) -> Result<Option<Tensor>> {
    if !names.has(&names.lstm("bias_ih_l0")) && !names.has(&names.lstm("bias_hh_l0")) {
        return Ok(None);
    }
    let mut both = gates(names, "bias_ih_l0", hidden, None)?;
    both.data.extend(gates(names, "bias_hh_l0", hidden, None)?.data);
    both.shape = vec![1, 8 * hidden];
    Ok(Some(both))
}

/// A tensor of the LSTM, `[4 · hidden]` or `[4 · hidden, columns]`, its gates reordered.
fn gates(names: &mut Names, tensor: &str, hidden: usize, columns: Option<usize>) -> Result<Tensor> {
    let name = names.lstm(tensor);
    let Tensor { shape, data } = names.take(&name)?;
    let expected: Vec<usize> = [4 * hidden].into_iter().chain(columns).collect();
    if hidden == 0 || shape != expected {
        return Err(ImportError::Shape {
            name,
            found: shape,
            expected: format!("{expected:?} (an LSTM's four gates)"),
        });
    }
    Ok(Tensor { shape: [1].into_iter().chain(shape).collect(), data: reorder(&data) })
}

/// From torch's gates (input, forget, cell, output) to ONNX's (input, output, forget, cell).
fn reorder(data: &[f32]) -> Vec<f32> {
    let gate = |at: usize| &data[at * data.len() / 4..(at + 1) * data.len() / 4];
    [gate(0), gate(3), gate(1), gate(2)].concat()
}

fn linear(names: &mut Names, hidden: usize) -> Result<(Tensor, Vec<f32>)> {
    let head = names.head(hidden)?;
    let weight = names.take(&format!("{head}.weight"))?;
    let &[classes, _] = weight.shape.as_slice() else {
        let expected = format!("[labels, {hidden}]");
        return Err(ImportError::Shape { name: format!("{head}.weight"), found: weight.shape, expected });
    };
    let name = format!("{head}.bias");
    if !names.has(&name) {
        return Ok((weight, vec![0.0; classes]));
    }
    let offset = names.take(&name)?;
    if offset.shape != [classes] {
        return Err(ImportError::Shape { name, found: offset.shape, expected: format!("[{classes}]") });
    }
    Ok((weight, offset.data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tensors::{Tensors, volume};

    fn head(lstm: &[(&str, &[usize])]) -> Result<Head> {
        let zeros = |shape: &[usize]| Tensor { shape: shape.to_vec(), data: vec![0.0; volume(shape).unwrap()] };
        let mut tensors: Tensors = lstm.iter().map(|(name, shape)| (format!("lstm.{name}"), zeros(shape))).collect();
        tensors.insert("layer1.0.conv1.weight".to_owned(), zeros(&[1]));
        tensors.insert("linear1.weight".to_owned(), zeros(&[2, 3]));
        Head::take(&mut Names::find(tensors)?, 5)
    }

    #[test]
    fn gates_change_places() {
        assert_eq!(reorder(&[1., 1., 2., 2., 3., 3., 4., 4.]), [1., 1., 4., 4., 2., 2., 3., 3.]);
    }

    #[test]
    fn sizes_are_read_off_the_tensors() {
        let head = head(&[("weight_ih_l0", &[12, 5]), ("weight_hh_l0", &[12, 3])]).unwrap();
        assert_eq!((head.hidden, head.classes, head.bias, head.offset.len()), (3, 2, None, 2));
    }

    #[test]
    fn other_networks_are_refused() {
        let plain: [(&str, &[usize]); 2] = [("weight_ih_l0", &[12, 5]), ("weight_hh_l0", &[12, 3])];
        for (tensor, shape) in [("weight_ih_l1", [12, 3]), ("weight_ih_l0_reverse", [12, 5]), ("weight_hr_l0", [2, 3])]
        {
            let error = head(&[plain[0], plain[1], (tensor, &shape)]).unwrap_err();
            assert_eq!(error.code(), "model-checkpoint-unsupported");
        }
        let gru = head(&[("weight_ih_l0", &[9, 5]), ("weight_hh_l0", &[9, 3])]).unwrap_err();
        assert_eq!(gru.code(), "model-checkpoint-shape");
        let half = head(&[plain[0], plain[1], ("bias_hh_l0", &[12])]).unwrap_err();
        assert_eq!(half.code(), "model-checkpoint-incomplete");
    }
}

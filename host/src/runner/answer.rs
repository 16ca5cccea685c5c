//! What is believed of an answer: features of the right shape that are numbers, of the right bundle.

use super::RunnerError;
use super::address::Address;
use crate::open_inference::{BUNDLE, Data, FEATURES, InferResponse};

/// The features of `rows` crops, `width` each.
///
/// # Errors
/// [`RunnerError::OtherBundle`] when some row was computed with another bundle than `sha256`, [`RunnerError::BadAnswer`]
/// for all else that is not as it must be.
pub fn features(
    address: &Address,
    response: &InferResponse,
    rows: usize,
    width: usize,
    sha256: &[u8],
) -> Result<Vec<f32>, RunnerError> {
    let bad = |why: String| RunnerError::bad_answer(address, why);
    let output = |name: &str| response.output(name).ok_or_else(|| bad(format!("no output {name}")));
    let (bundle, features) = (output(BUNDLE)?, output(FEATURES)?);
    let (Data::Uint8(hashes), Data::Fp32(values)) = (&bundle.data, &features.data) else {
        return Err(bad(format!("{} {FEATURES}, {} {BUNDLE}", features.data.datatype(), bundle.data.datatype())));
    };
    if bundle.shape != [rows, sha256.len()] || features.shape != [rows, width] {
        return Err(bad(format!(
            "{FEATURES} {:?} and {BUNDLE} {:?} for {rows} crops of width {width}",
            features.shape, bundle.shape
        )));
    }
    if let Some(other) = hashes.chunks(sha256.len()).find(|row| *row != sha256) {
        let (theirs, ours) = (hex::encode(other), hex::encode(sha256));
        return Err(RunnerError::OtherBundle { url: address.to_string(), theirs, ours });
    }
    if !values.iter().all(|value| value.is_finite()) {
        return Err(bad("features that are no numbers".into()));
    }
    Ok(values.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open_inference::Tensor;

    fn answer(features: (Vec<usize>, Vec<f32>), bundle: (Vec<usize>, Vec<u8>)) -> InferResponse {
        let tensors = [(FEATURES, features.0, Data::Fp32(features.1)), (BUNDLE, bundle.0, Data::Uint8(bundle.1))];
        let outputs = tensors.into_iter().map(|(name, shape, data)| Tensor::new(name, shape, data).unwrap()).collect();
        InferResponse { outputs, ..InferResponse::default() }
    }

    fn code(answer: &InferResponse) -> Result<Vec<f32>, &'static str> {
        let address = Address::parse("http://gpu/v2/models/a").unwrap();
        features(&address, answer, 2, 2, &[7, 8]).map_err(|error| error.code())
    }

    #[test]
    fn only_numbers_of_the_right_shape_and_bundle_are_believed() {
        let (values, hashes) = (|| (vec![2, 2], vec![1.0, 2.0, 3.0, 4.0]), || (vec![2, 2], vec![7, 8, 7, 8]));
        assert_eq!(code(&answer(values(), hashes())).unwrap(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(code(&answer(values(), (vec![2, 2], vec![7, 8, 7, 9]))), Err("runner-other-bundle"));
        for values in [
            (vec![4], vec![1.0; 4]),
            (vec![1, 2], vec![1.0; 2]),
            (vec![2, 2], vec![1.0, 2.0, f32::NAN, 4.0]),
            (vec![2, 2], vec![f32::INFINITY; 4]),
        ] {
            assert_eq!(code(&answer(values, hashes())), Err("runner-bad-answer"));
        }
        assert_eq!(code(&answer(values(), (vec![1, 2], vec![7, 8]))), Err("runner-bad-answer"));
        assert_eq!(code(&InferResponse::default()), Err("runner-bad-answer"));
    }
}

//! How finely a convolution's weights and inputs are divided, so that no sum of their products can overflow.

use super::integers::TINY;

/// The largest sum that a lane of 32 bits holds.
pub const LARGEST: u32 = i32::MAX as u32;
/// Levels of weights that a file stores in 8 bits: they stay as they are.
const EIGHT_BITS: f32 = 127.0;

/// The weights of one output channel, in the order in which they are read.
pub struct Filter {
    weights: Vec<[f32; 8]>,
    largest: f32,
}

impl Filter {
    pub fn read(oihw: &[f32], order: &[[usize; 8]]) -> Self {
        let weights = order.iter().map(|eight| eight.map(|at| oihw.get(at).copied().unwrap_or(0.0))).collect();
        Self { weights, largest: oihw.iter().fold(TINY, |largest, weight| largest.max(weight.abs())) }
    }

    /// In whole multiples of `scale`.
    pub fn integers(&self, scale: f32) -> Vec<[i16; 8]> {
        self.weights.iter().map(|eight| eight.map(|weight| (weight / scale).round_ties_even() as i16)).collect()
    }

    /// What a lane can sum up to over inputs of at most 1, in largest weights.
    fn most(&self) -> f32 {
        lanes(&self.weights, |weight| f64::from(weight.abs())) as f32 / self.largest
    }

    fn is_of_eight_bits(&self) -> bool {
        let scale = self.largest / EIGHT_BITS;
        let near = |weight: &f32| (weight / scale - (weight / scale).round_ties_even()).abs() < 1e-3;
        self.weights.as_flattened().iter().all(near)
    }
}

/// What one level is worth, of each filter's weights: as fine as they were stored in 8 bits, else as fine as can be
/// while inputs are divided as finely as the weights of the filter that sums up to most.
pub fn scales(filters: &[Filter]) -> Vec<f32> {
    if filters.iter().all(Filter::is_of_eight_bits) {
        return filters.iter().map(|filter| filter.largest / EIGHT_BITS).collect();
    }
    let most = filters.iter().map(Filter::most).fold(1.0, f32::max);
    let inputs = (LARGEST as f32 / most).sqrt().min(i16::MAX.into());
    let levels = |filter: &Filter| (LARGEST as f32 / inputs / filter.most().max(1.0)).min(i16::MAX.into());
    filters.iter().map(|filter| filter.largest / levels(filter)).collect()
}

/// The largest sum of magnitudes that meet in one lane of a vector, of two values of an eight.
pub fn lanes<T, S: std::iter::Sum<S> + PartialOrd + Default>(filter: &[[T; 8]], magnitude: impl Fn(&T) -> S) -> S {
    let sum = |lane: usize| filter.iter().flat_map(|eight| &eight[lane * 2..][..2]).map(&magnitude).sum();
    (0..4).map(sum).fold(S::default(), |most, sum| if sum > most { sum } else { most })
}

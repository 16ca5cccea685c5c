//! How finely a convolution's weights and inputs are divided, so that no sum of their products can overflow.

use super::integers::TINY;

/// The largest sum that a lane of 32 bits holds.
pub const LARGEST: u32 = i32::MAX as u32;
/// Levels of weights that a file stores in 8 bits: they stay as they are.
const EIGHT_BITS: f32 = 127.0;

/// The weights of one output channel, as a file has them, and the order in which they are read.
pub struct Filter<'a> {
    weights: &'a [f32],
    order: &'a [[usize; 8]],
    largest: f32,
}

impl<'a> Filter<'a> {
    pub fn new(weights: &'a [f32], order: &'a [[usize; 8]]) -> Self {
        Self { weights, order, largest: weights.iter().fold(TINY, |largest, weight| largest.max(weight.abs())) }
    }

    /// As they are read, in whole multiples of `scale`.
    pub fn integers(&self, scale: f32) -> Vec<[i16; 8]> {
        let whole: Vec<i16> = self.weights.iter().map(|weight| (weight / scale).round_ties_even() as i16).collect();
        self.ordered(&whole)
    }

    /// `values` of the weights as they are read; zeros where an eight is filled up.
    fn ordered<T: Copy + Default>(&self, values: &[T]) -> Vec<[T; 8]> {
        self.order.iter().map(|eight| eight.map(|at| values.get(at).copied().unwrap_or_default())).collect()
    }

    /// What a lane can sum up to over inputs of at most 1, in largest weights.
    fn most(&self) -> f32 {
        lanes(&self.ordered(self.weights), |weight| f64::from(weight.abs())) as f32 / self.largest
    }

    fn is_of_eight_bits(&self) -> bool {
        let scale = self.largest / EIGHT_BITS;
        let near = |weight: &&f32| (*weight / scale - (*weight / scale).round_ties_even()).abs() < 1e-3;
        // All are counted: a loop that may end early is not vectorised.
        self.weights.iter().filter(near).count() == self.weights.len()
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

//! How finely a convolution's weights and inputs are divided, so that no sum of their products can overflow.

use std::array::from_fn;
use std::ops::Add;

use super::integers::TINY;

/// The largest sum that a lane of 32 bits holds.
pub const LARGEST: u32 = i32::MAX as u32;

/// The weights of one output channel, in the order in which they are read.
pub struct Filter {
    weights: Vec<[f32; 8]>,
    largest: f32,
    /// What a lane can sum up to over inputs of at most 1, in largest weights.
    most: f32,
}

impl Filter {
    /// Of `weights` as a file has them.
    pub fn new(weights: &[f32], order: &[[usize; 8]]) -> Self {
        let largest = weights.iter().fold(TINY, |largest, weight| largest.max(weight.abs()));
        let weights = ordered(weights, order);
        let most = lanes(&weights, |weight| f64::from(weight.abs())) as f32 / largest;
        Self { weights, largest, most }
    }

    /// In whole multiples of `scale`.
    pub fn integers(&self, scale: f32) -> Vec<[i16; 8]> {
        let whole = |weight: f32| (weight / scale).round_ties_even() as i16;
        self.weights.iter().map(|eight| eight.map(whole)).collect()
    }
}

/// `values` of a filter in the `order` in which they are read; zeros where an eight is filled up.
pub fn ordered<T: Copy + Default>(values: &[T], order: &[[usize; 8]]) -> Vec<[T; 8]> {
    order.iter().map(|eight| eight.map(|at| values.get(at).copied().unwrap_or_default())).collect()
}

/// What one level is worth, of each filter's weights: as fine as can be while inputs are divided as finely as the weights
/// of the filter that sums up to most.
pub fn scales(filters: &[Filter]) -> Vec<f32> {
    let most = filters.iter().map(|filter| filter.most).fold(1.0, f32::max);
    let inputs = (LARGEST as f32 / most).sqrt().min(i16::MAX.into());
    let levels = |filter: &Filter| (LARGEST as f32 / inputs / filter.most.max(1.0)).min(i16::MAX.into());
    filters.iter().map(|filter| filter.largest / levels(filter)).collect()
}

/// The largest sum of magnitudes that meet in one lane of a vector, of two values of an eight.
pub fn lanes<T: Copy, S: Add<Output = S> + PartialOrd + Default + Copy>(
    filter: &[[T; 8]],
    magnitude: impl Fn(T) -> S,
) -> S {
    let two = |eight: &[T; 8], lane: usize| magnitude(eight[2 * lane]) + magnitude(eight[2 * lane + 1]);
    let add = |sums: [S; 4], eight| from_fn(|lane| sums[lane] + two(eight, lane));
    let sums = filter.iter().fold([S::default(); 4], add);
    sums.into_iter().fold(S::default(), |most, sum| if sum > most { sum } else { most })
}

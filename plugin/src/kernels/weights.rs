//! Weights in the order in which the kernels read them.

use std::array::from_fn;

use super::geometry::Geometry;
use super::levels::{Filter, LARGEST, lanes, ordered, scales};
use super::tile::{Pair, Quad, VECTORS};

/// A convolution's weights as integers, packed once at load.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    pub packed: Packed,
    /// What one level is worth, of each output channel.
    pub scales: Vec<f32>,
    /// The integer of an image's largest input value, such that no sum can overflow.
    pub levels: i16,
}

/// In the order of reading, filled up with zeros.
#[derive(Clone, Debug, PartialEq)]
pub enum Packed {
    /// `[groups][panels of 4 channels][runs][eights of values]`
    Dense(Vec<Quad>),
    /// `[panels of 8 channels][pairs of taps]`
    Depthwise(Vec<Pair>),
}

impl Weights {
    /// Packs `oihw`, `[channels out][channels in / groups][height][width]` as ONNX has it.
    pub fn pack(geometry: &Geometry, oihw: &[f32]) -> Self {
        let order = order(geometry);
        let filters: Vec<Filter> = filters(geometry, oihw).map(|weights| Filter::new(weights, &order)).collect();
        let scales = scales(&filters);
        let whole: Vec<_> = filters.iter().zip(&scales).map(|(filter, scale)| filter.integers(*scale)).collect();
        Self::packed(geometry, &whole, scales)
    }

    /// Packs integers of the same order as they are, of which one is worth so much in each output channel.
    pub fn stored(geometry: &Geometry, oihw: &[i8], scales: Vec<f32>) -> Self {
        let order = order(geometry);
        let whole: Vec<_> = filters(geometry, oihw).map(|weights| ordered(weights, &order)).collect();
        Self::packed(geometry, &whole, scales)
    }

    fn packed<T: Whole>(geometry: &Geometry, filters: &[Vec<[T; 8]>], scales: Vec<f32>) -> Self {
        let most = filters.iter().map(|filter| lanes(filter, |weight| weight.into().unsigned_abs().into())).max();
        let levels = i16::try_from(LARGEST / most.unwrap_or(0).max(1)).unwrap_or(i16::MAX);
        let packed = if geometry.depthwise() { depthwise(filters) } else { dense(geometry, filters) };
        Self { packed, scales, levels }
    }
}

/// An integer of 8 or 16 bits.
trait Whole: Copy + Default + Into<i16> {}

impl<T: Copy + Default + Into<i16>> Whole for T {}

fn filters<'a, T>(geometry: &Geometry, oihw: &'a [T]) -> impl Iterator<Item = &'a [T]> {
    oihw.chunks_exact(oihw.len() / geometry.channels_out)
}

fn dense<T: Whole>(geometry: &Geometry, filters: &[Vec<[T; 8]>]) -> Packed {
    let quad = |panel: &[Vec<[T; 8]>], at: usize| -> Quad {
        from_fn(|channel| panel.get(channel).map_or([0; 8], |filter| filter[at].map(T::into)))
    };
    let groups = filters.chunks_exact(geometry.channels_out / geometry.groups);
    let panels = groups.flat_map(|group| group.chunks(4));
    Packed::Dense(panels.flat_map(|panel| (0..panel[0].len()).map(move |at| quad(panel, at))).collect())
}

fn depthwise<T: Whole>(filters: &[Vec<[T; 8]>]) -> Packed {
    let pair = |panel: &[Vec<[T; 8]>], at: usize| -> Pair {
        from_fn(|half| from_fn(|lane| panel[half * 4 + lane / 2][at][lane % 2].into()))
    };
    let panels = filters.chunks_exact(VECTORS * 4);
    Packed::Depthwise(panels.flat_map(|panel| (0..panel[0].len()).map(move |at| pair(panel, at))).collect())
}

/// Where in a filter each value lies that the kernel reads, in eights; beyond the filter's end where an eight is filled up.
fn order(geometry: &Geometry) -> Vec<[usize; 8]> {
    if geometry.depthwise() { pairs(taps(geometry)) } else { reading_order(geometry) }
}

/// Taps of a depthwise filter, two by two, as eights that are otherwise empty.
fn pairs(taps: usize) -> Vec<[usize; 8]> {
    (0..taps).step_by(2).map(|tap| from_fn(|i| if i < 2 { tap + i } else { usize::MAX })).collect()
}

/// In a filter `[channels in / groups][height][width]`.
fn reading_order(geometry: &Geometry) -> Vec<[usize; 8]> {
    let (inputs, taps, length) = (geometry.channels_in / geometry.groups, taps(geometry), geometry.run_length());
    let place = |value: usize| value % inputs * taps + value / inputs;
    let eight =
        |run: usize, first: usize| from_fn(|i| if first + i < length { place(run + first + i) } else { usize::MAX });
    let runs = (0..inputs * taps).step_by(length);
    runs.flat_map(|run| (0..length).step_by(8).map(move |first| eight(run, first))).collect()
}

fn taps(geometry: &Geometry) -> usize {
    geometry.kernel[0] * geometry.kernel[1]
}

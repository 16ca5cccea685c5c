//! Weights in the order in which the kernels read them.

use std::array::from_fn;

use super::geometry::Geometry;
use super::levels::{Filter, LARGEST, lanes, scales};
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
        let order = if geometry.depthwise() { pairs(taps(geometry)) } else { reading_order(geometry) };
        let filters = oihw.chunks_exact(oihw.len() / geometry.channels_out);
        let filters: Vec<Filter> = filters.map(|weights| Filter::new(weights, &order)).collect();
        let scales = scales(&filters);
        let whole: Vec<Vec<[i16; 8]>> =
            filters.iter().zip(&scales).map(|(filter, scale)| filter.integers(*scale)).collect();
        let most = whole.iter().map(|filter| lanes(filter, |weight| weight.unsigned_abs().into())).max().unwrap_or(0);
        let levels = i16::try_from(LARGEST / most.max(1)).unwrap_or(i16::MAX);
        let packed = if geometry.depthwise() { depthwise(&whole) } else { dense(geometry, &whole) };
        Self { packed, scales, levels }
    }
}

fn dense(geometry: &Geometry, filters: &[Vec<[i16; 8]>]) -> Packed {
    let quad =
        |panel: &[Vec<[i16; 8]>], at: usize| from_fn(|channel| panel.get(channel).map_or([0; 8], |filter| filter[at]));
    let groups = filters.chunks_exact(geometry.channels_out / geometry.groups);
    let panels = groups.flat_map(|group| group.chunks(4));
    Packed::Dense(panels.flat_map(|panel| (0..panel[0].len()).map(move |at| quad(panel, at))).collect())
}

fn depthwise(filters: &[Vec<[i16; 8]>]) -> Packed {
    let pair = |panel: &[Vec<[i16; 8]>], at: usize| -> Pair {
        from_fn(|half| from_fn(|lane| panel[half * 4 + lane / 2][at][lane % 2]))
    };
    let panels = filters.chunks_exact(VECTORS * 4);
    Packed::Depthwise(panels.flat_map(|panel| (0..panel[0].len()).map(move |at| pair(panel, at))).collect())
}

/// Taps of a depthwise filter, two by two, as eights that are otherwise empty.
fn pairs(taps: usize) -> Vec<[usize; 8]> {
    (0..taps).step_by(2).map(|tap| from_fn(|i| if i < 2 { tap + i } else { usize::MAX })).collect()
}

/// Where in a filter, `[channels in / groups][height][width]`, each value lies that the kernel reads, in eights;
/// beyond the filter's end where an eight is filled up.
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

//! Weights in the order in which the kernels read them.

use std::array::from_fn;

use super::geometry::Geometry;
use super::kernel::Quad;

/// Vectors of four channels per panel of a depthwise convolution.
pub const VECTORS: usize = 2;

/// A convolution's weights, packed once at load.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    /// `[groups][panels of 4 channels][runs][fours of values]`, filled up with zeros
    Dense(Vec<Quad>),
    /// `[panels][taps][8 channels]`, filled up with zeros
    Depthwise(Vec<[[f32; 4]; VECTORS]>),
}

impl Weights {
    /// Packs `oihw`, `[channels out][channels in / groups][height][width]` as ONNX has it.
    pub fn pack(geometry: &Geometry, oihw: &[f32]) -> Self {
        if geometry.depthwise() {
            Self::Depthwise(pack_depthwise(geometry, oihw))
        } else {
            Self::Dense(pack_dense(geometry, oihw))
        }
    }
}

fn pack_dense(geometry: &Geometry, oihw: &[f32]) -> Vec<Quad> {
    let order = reading_order(geometry);
    let filters: Vec<&[f32]> = oihw.chunks_exact(oihw.len() / geometry.channels_out).collect();
    let groups = filters.chunks_exact(geometry.channels_out / geometry.groups);
    let panels = groups.flat_map(|group| group.chunks(4));
    let pack = |panel: &[&[f32]]| -> Vec<Quad> {
        let filters: [&[f32]; 4] = from_fn(|channel| panel.get(channel).copied().unwrap_or_default());
        let value = |filter: &[f32], at: usize| filter.get(at).copied().unwrap_or(0.0);
        order.iter().map(|four| filters.map(|filter| four.map(|at| value(filter, at)))).collect()
    };
    panels.flat_map(pack).collect()
}

/// Where in a filter, `[channels in / groups][height][width]`, each value lies that the kernel reads, in fours;
/// beyond the filter's end where a four is filled up.
fn reading_order(geometry: &Geometry) -> Vec<[usize; 4]> {
    let (inputs, taps, length) = (geometry.channels_in / geometry.groups, taps(geometry), geometry.run_length());
    let place = |value: usize| value % inputs * taps + value / inputs;
    let four =
        |run: usize, first: usize| from_fn(|i| if first + i < length { place(run + first + i) } else { usize::MAX });
    let runs = (0..inputs * taps).step_by(length);
    runs.flat_map(|run| (0..length).step_by(4).map(move |first| four(run, first))).collect()
}

fn taps(geometry: &Geometry) -> usize {
    geometry.kernel[0] * geometry.kernel[1]
}

fn pack_depthwise(geometry: &Geometry, oihw: &[f32]) -> Vec<[[f32; 4]; VECTORS]> {
    let taps = taps(geometry);
    let value = |channel: usize, tap| if channel < geometry.channels_out { oihw[channel * taps + tap] } else { 0.0 };
    let panels = (0..geometry.channels_out).step_by(VECTORS * 4);
    let pack = |first| (0..taps).map(move |tap| from_fn(|v| from_fn(|lane| value(first + v * 4 + lane, tap))));
    panels.flat_map(pack).collect()
}

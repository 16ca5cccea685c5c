//! Weights in the order in which the kernels read them.

use std::array::from_fn;

use super::geometry::Geometry;
use super::kernel::Quad;
use super::levels::{Filter, LARGEST, lanes, scales};

/// Vectors of four channels per panel of a depthwise convolution.
pub const VECTORS: usize = 2;

/// A convolution's weights, packed once at load.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    Dense(Dense),
    /// `[panels][taps][8 channels]`, filled up with zeros
    Depthwise(Vec<[[f32; 4]; VECTORS]>),
}

/// Weights as integers.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// `[groups][panels of 4 channels][runs][eights of values]`, filled up with zeros
    pub packed: Vec<Quad>,
    /// What one level is worth, of each output channel.
    pub scales: Vec<f32>,
    /// The integer of an image's largest input value, such that no sum can overflow.
    pub levels: i16,
}

impl Weights {
    /// Packs `oihw`, `[channels out][channels in / groups][height][width]` as ONNX has it.
    pub fn pack(geometry: &Geometry, oihw: &[f32]) -> Self {
        if geometry.depthwise() {
            Self::Depthwise(pack_depthwise(geometry, oihw))
        } else {
            Self::Dense(Dense::pack(geometry, oihw))
        }
    }
}

impl Dense {
    fn pack(geometry: &Geometry, oihw: &[f32]) -> Self {
        let order = reading_order(geometry);
        let filters: Vec<Filter> =
            oihw.chunks_exact(oihw.len() / geometry.channels_out).map(|oihw| Filter::read(oihw, &order)).collect();
        let scales = scales(&filters);
        let whole: Vec<Vec<[i16; 8]>> =
            filters.iter().zip(&scales).map(|(filter, scale)| filter.integers(*scale)).collect();
        let most = whole.iter().map(|filter| lanes(filter, |weight| weight.unsigned_abs().into())).max().unwrap_or(0);
        let quad = |panel: &[Vec<[i16; 8]>], at: usize| {
            from_fn(|channel| panel.get(channel).map_or([0; 8], |filter| filter[at]))
        };
        let groups = whole.chunks_exact(geometry.channels_out / geometry.groups);
        let panels = groups.flat_map(|group| group.chunks(4));
        let packed = panels.flat_map(|panel| (0..order.len()).map(move |at| quad(panel, at))).collect();
        Self { packed, scales, levels: i16::try_from(LARGEST / most.max(1)).unwrap_or(i16::MAX) }
    }
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

fn pack_depthwise(geometry: &Geometry, oihw: &[f32]) -> Vec<[[f32; 4]; VECTORS]> {
    let taps = taps(geometry);
    let value = |channel: usize, tap| if channel < geometry.channels_out { oihw[channel * taps + tap] } else { 0.0 };
    let panels = (0..geometry.channels_out).step_by(VECTORS * 4);
    let pack = |first| (0..taps).map(move |tap| from_fn(|v| from_fn(|lane| value(first + v * 4 + lane, tap))));
    panels.flat_map(pack).collect()
}

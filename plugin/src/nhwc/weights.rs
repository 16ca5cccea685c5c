//! Weights in the order in which the kernels read them.

use super::geometry::Geometry;

/// Vectors of four channels per panel.
pub const VECTORS: usize = 2;

/// A convolution's weights, packed once at load.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    /// `[groups][panels][run values][4 channels]`
    Narrow(Vec<[[f32; 4]; 1]>),
    /// `[groups][panels][run values][8 channels]`, the last panel of a group filled up with zeros
    Wide(Vec<[[f32; 4]; VECTORS]>),
    /// `[panels][taps][8 channels]`, filled up with zeros
    Depthwise(Vec<[[f32; 4]; VECTORS]>),
}

impl Weights {
    /// Packs `oihw`, `[channels out][channels in / groups][height][width]` as ONNX has it.
    pub fn pack(geometry: &Geometry, oihw: &[f32]) -> Self {
        let out = geometry.channels_out / geometry.groups;
        if geometry.depthwise() {
            Self::Depthwise(pack_depthwise(geometry, oihw))
        } else if out.is_multiple_of(4) && !out.is_multiple_of(8) {
            Self::Narrow(pack_groups(geometry, oihw))
        } else {
            Self::Wide(pack_groups(geometry, oihw))
        }
    }
}

fn taps(geometry: &Geometry) -> usize {
    geometry.kernel[0] * geometry.kernel[1]
}

fn pack_groups<const V: usize>(geometry: &Geometry, oihw: &[f32]) -> Vec<[[f32; 4]; V]> {
    let (inputs, outputs) = (geometry.channels_in / geometry.groups, geometry.channels_out / geometry.groups);
    let (taps, panels) = (taps(geometry), outputs.div_ceil(V * 4));
    let mut packed = Vec::with_capacity(geometry.groups * panels * taps * inputs);
    for (group, panel) in product(geometry.groups, panels) {
        for (tap, input) in product(taps, inputs) {
            packed.push(vectors(|channel| {
                let output = panel * V * 4 + channel;
                let at = ((group * outputs + output) * inputs + input) * taps + tap;
                if output < outputs { oihw[at] } else { 0.0 }
            }));
        }
    }
    packed
}

fn pack_depthwise<const V: usize>(geometry: &Geometry, oihw: &[f32]) -> Vec<[[f32; 4]; V]> {
    let taps = taps(geometry);
    let pack = |(panel, tap)| {
        vectors(|channel| {
            let channel = panel * V * 4 + channel;
            if channel < geometry.channels_out { oihw[channel * taps + tap] } else { 0.0 }
        })
    };
    product(geometry.channels_out.div_ceil(V * 4), taps).map(pack).collect()
}

fn product(outer: usize, inner: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..outer).flat_map(move |a| (0..inner).map(move |b| (a, b)))
}

fn vectors<const V: usize>(value: impl Fn(usize) -> f32) -> [[f32; 4]; V] {
    std::array::from_fn(|v| std::array::from_fn(|lane| value(v * 4 + lane)))
}

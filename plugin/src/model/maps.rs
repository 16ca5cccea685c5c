//! The last feature maps of a face.

use veritag_abi::Fault;
use veritag_abi::explanation::MAX_CELLS;

/// How far a mean may be from its feature, for features up to 1 and in relation to larger ones.
const TOLERANCE: f32 = 1e-4;

/// What the features of each frame are the means of.
#[derive(Debug, Default, PartialEq)]
pub struct Maps {
    /// Rows and columns.
    pub side: [usize; 2],
    /// `[frames · width, rows · columns]`, flat.
    pub values: Vec<f32>,
}

impl Maps {
    pub fn cells(&self) -> usize {
        self.side[0] * self.side[1]
    }

    /// Whether the mean of each map is its feature.
    pub fn have_means(&self, features: &[f32]) -> bool {
        let cells = self.cells();
        let maps = self.values.chunks_exact(cells.max(1));
        let near = |(map, feature): (&[f32], &f32)| {
            let mean = map.iter().sum::<f32>() / cells as f32;
            (mean - feature).abs() <= TOLERANCE * feature.abs().max(1.0)
        };
        (1..=MAX_CELLS).contains(&cells) && maps.len() == features.len() && maps.zip(features).all(near)
    }

    /// The features as they are when `cell` adds nothing to their means.
    pub fn without(&self, cell: usize, features: &[f32]) -> Vec<f32> {
        let share = |map: &[f32]| map[cell] / self.cells() as f32;
        let maps = self.values.chunks_exact(self.cells());
        maps.zip(features).map(|(map, feature)| feature - share(map)).collect()
    }
}

pub fn no_map() -> Fault {
    Fault::NotImplemented("this model gives no heat map: its features are no means over a map".into())
}

//! The last feature maps of a face.

use veritag_abi::Fault;
use veritag_abi::bundle::Input;
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

    /// Turns the maps of crops back that are mirrored, of the `crops` of a face.
    pub fn turn_back(&mut self, crops: usize, input: &Input) {
        let (columns, all) = (self.side[1], self.values.len());
        for (nth, maps) in self.values.chunks_exact_mut((all / crops).max(1)).enumerate() {
            if input.mirrored(nth, crops) {
                maps.chunks_exact_mut(columns).for_each(<[f32]>::reverse);
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use veritag_abi::bundle::Channels;

    proptest! {
        #[test]
        fn the_shares_of_all_cells_are_the_features(values in prop::collection::vec(-9f32..9.0, 12..=12)) {
            let means: Vec<f32> = values.chunks_exact(6).map(|map| map.iter().sum::<f32>() / 6.0).collect();
            let maps = Maps { side: [2, 3], values };
            prop_assert!(maps.have_means(&means));
            let lost = |nth: usize| (0..6).map(|cell| means[nth] - maps.without(cell, &means)[nth]).sum::<f32>();
            prop_assert!((0..2).all(|nth| (lost(nth) - means[nth]).abs() < 1e-4));
        }
    }

    #[test]
    fn maps_of_mirrored_crops_are_turned_back() {
        let (channels, mean, std) = (Channels::Rgb, [0.5; 3], [0.5; 3]);
        let input = Input { size: 8, channels, mean, std, margin: 1.3, still_views: vec![], mirror: true };
        let mut maps = Maps { side: [2, 2], values: (0..12).map(|value| value as f32).collect() };
        maps.turn_back(3, &input);
        assert_eq!(maps.values, [1.0, 0.0, 3.0, 2.0, 4.0, 5.0, 6.0, 7.0, 9.0, 8.0, 11.0, 10.0]);
    }

    #[test]
    fn features_that_are_no_means_are_told_from_those_that_are() {
        let maps = Maps { side: [1, 2], values: vec![1.0, 3.0] };
        assert!(maps.have_means(&[2.0]) && !maps.have_means(&[2.1]) && !maps.have_means(&[2.0, 2.0]));
        assert!(!Maps::default().have_means(&[]) && !maps.have_means(&[f32::NAN]));
    }
}

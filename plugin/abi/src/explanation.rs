//! Where in a face the evidence lies.

use serde::{Deserialize, Serialize};

use crate::Fault;

/// Most cells of a map.
pub const MAX_CELLS: usize = 4096;

/// Answer of `explain`: what was found of each face, in the order of the tracks of all windows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    pub faces: Vec<Relevance>,
}

/// What each part of a face's crop adds to its log-odds of fake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relevance {
    /// Log-odds of fake of the whole face, before calibration.
    pub logit: f32,
    /// Cells of the map from top to bottom, and from left to right; together they cover the crop.
    pub height: usize,
    pub width: usize,
    /// `[height, width]`: what the logit loses when the cell is left out of every frame. Above 0 the cell speaks for
    /// fake, below 0 for real.
    pub cells: Vec<f32>,
}

impl Explanation {
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain data serializes")
    }

    /// # Errors
    /// [`Fault::Rejected`] when `bytes` is no explanation, or a map is not filled by its cells, is too large, or has a
    /// number that is none.
    pub fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let read: Self = serde_json::from_slice(bytes).map_err(|e| Fault::Rejected(format!("explanation: {e}")))?;
        if read.faces.iter().all(Relevance::is_sound) {
            Ok(read)
        } else {
            Err(Fault::Rejected("explanation: a map of an impossible shape, or a number that is none".into()))
        }
    }
}

impl Relevance {
    fn is_sound(&self) -> bool {
        let cells = self.height.checked_mul(self.width);
        let filled = cells.is_some_and(|cells| (1..=MAX_CELLS).contains(&cells) && cells == self.cells.len());
        filled && self.cells.iter().chain([&self.logit]).all(|value| value.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn map(height: usize, width: usize, cells: Vec<f32>) -> Explanation {
        Explanation { faces: vec![Relevance { logit: -1.5, height, width, cells }] }
    }

    proptest! {
        #[test]
        fn decodes_what_it_encodes(height in 1usize..6, width in 1usize..6, value in -1e6f32..1e6) {
            let cells = (0..height * width).map(|i| value / (i + 1) as f32).collect();
            let explanation = map(height, width, cells);
            prop_assert_eq!(Explanation::decode(&explanation.encode()).unwrap(), explanation);
        }

        #[test]
        fn never_panics_on_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Explanation::decode(&bytes);
        }
    }

    #[test]
    fn maps_that_their_cells_do_not_fill_are_refused() {
        let refused = |explanation: Explanation| Explanation::decode(&explanation.encode()).is_err();
        assert!(refused(map(2, 2, vec![0.0; 3])));
        assert!(refused(map(0, 0, vec![])));
        assert!(refused(map(usize::MAX, 2, vec![0.0; 2])));
        assert!(refused(map(MAX_CELLS + 1, 1, vec![0.0; MAX_CELLS + 1])));
        assert!(refused(map(1, 1, vec![f32::NAN])));
    }
}

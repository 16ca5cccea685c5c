//! A heat map, and the picture of it.

use jpeg_encoder::{ColorType, Encoder};
use veritag_abi::Relevance;

/// What everybody who looks at one must know.
pub const CANNOT_SHOW: &str = "It shows where this model looked, not where a picture was changed: a warm patch does not \
                               prove a fake, and a cold one does not rule it out. It is coarse, says nothing of what the \
                               model is blind to, and a picture with a wrong verdict has one too.";

/// Fewest pixels along a side of the picture.
const SIDE: usize = 448;
const JPEG_QUALITY: u8 = 88;
/// Vermilion speaks for fake and blue for real: people of every kind of colour vision tell them apart (Okabe and Ito,
/// "Color Universal Design", 2008). Below them the face is grey.
const FAKE: [f32; 3] = [213.0, 94.0, 0.0];
const REAL: [f32; 3] = [0.0, 114.0, 178.0];
/// How much of the colour the strongest cell has, 0..1.
const STRONGEST: f32 = 0.75;
/// Logits from which on a cell has the strongest colour, so that faint evidence looks faint.
const FAINT: f32 = 0.1;

/// A face, as the model saw it in the middle of the window, and what its parts say.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// `[side, side, 3]`, rgb.
    pub crop: Vec<u8>,
    /// In pixels.
    pub side: usize,
    /// Its map covers the crop.
    pub relevance: Relevance,
}

impl HeatMap {
    /// The face alone.
    pub fn face_jpeg(&self) -> Vec<u8> {
        self.jpeg(|pixel, _| pixel)
    }

    /// The face in grey under the colours of its parts: vermilion speaks for fake, blue for real.
    pub fn jpeg_with_map(&self) -> Vec<u8> {
        let strongest = self.relevance.cells.iter().fold(FAINT, |most, cell| most.max(cell.abs()));
        self.jpeg(|pixel, evidence| tint(pixel, evidence / strongest))
    }

    /// Enlarged by a whole number; `paint` gets a pixel and the evidence there.
    fn jpeg(&self, paint: impl Fn([f32; 3], f32) -> [f32; 3]) -> Vec<u8> {
        let side = self.side * SIDE.div_ceil(self.side);
        let pixels = (0..side * side).flat_map(|at| {
            let place = [at / side, at % side].map(|at| (at as f32 + 0.5) / side as f32);
            paint(self.pixel(place), self.evidence(place)).map(|value| value.round() as u8)
        });
        let mut jpeg = Vec::new();
        let encoder = Encoder::new(&mut jpeg, JPEG_QUALITY);
        encoder
            .encode(&pixels.collect::<Vec<u8>>(), side as u16, side as u16, ColorType::Rgb)
            .expect("a small picture");
        jpeg
    }

    fn pixel(&self, place: [f32; 2]) -> [f32; 3] {
        [0, 1, 2].map(|colour| {
            between(place, [self.side; 2], |row, column| f32::from(self.crop[(row * self.side + column) * 3 + colour]))
        })
    }

    fn evidence(&self, place: [f32; 2]) -> f32 {
        let Relevance { height, width, cells, .. } = &self.relevance;
        between(place, [*height, *width], |row, column| cells[row * width + column])
    }
}

/// The value at `place`, row and column as fractions 0..1, of a grid of so many rows and columns: bilinear.
fn between(place: [f32; 2], sides: [usize; 2], value: impl Fn(usize, usize) -> f32) -> f32 {
    let [rows, columns] = [0, 1].map(|axis| {
        let last = sides[axis] - 1;
        let at = (place[axis] * sides[axis] as f32 - 0.5).clamp(0.0, last as f32);
        let low = at as usize;
        [(low, 1.0 - at.fract()), ((low + 1).min(last), at.fract())]
    });
    let corners = rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column)));
    corners.map(|((row, down), (column, across))| value(*row, *column) * down * across).sum()
}

/// A pixel in grey, coloured by evidence of -1..1.
fn tint([red, green, blue]: [f32; 3], evidence: f32) -> [f32; 3] {
    let grey = 0.299 * red + 0.587 * green + 0.114 * blue;
    let colour = if evidence > 0.0 { FAKE } else { REAL };
    let share = STRONGEST * evidence.abs();
    colour.map(|value| grey * (1.0 - share) + value * share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::config;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(config(8))]

        #[test]
        fn any_map_is_painted(
            cells in prop::collection::vec(-20f32..20.0, 6..=6), side in 1usize..40,
        ) {
            let relevance = Relevance { logit: 0.0, height: 2, width: 3, cells };
            let map = HeatMap { crop: vec![128; side * side * 3], side, relevance };
            prop_assert!(map.jpeg_with_map().starts_with(&[0xff, 0xd8]) && map.face_jpeg().starts_with(&[0xff, 0xd8]));
        }
    }

    #[test]
    fn evidence_is_a_cells_own_in_its_middle_and_between_two_their_mean() {
        let relevance = Relevance { logit: 0.0, height: 1, width: 2, cells: vec![2.0, -4.0] };
        let map = HeatMap { crop: vec![0; 12], side: 2, relevance };
        assert_eq!([0.1, 0.25, 0.5, 0.75, 0.9].map(|x| map.evidence([0.5, x])), [2.0, 2.0, -1.0, -4.0, -4.0]);
    }

    #[test]
    fn no_evidence_leaves_the_face_grey_and_the_two_sides_have_their_own_colours() {
        assert_eq!(tint([100.0; 3], 0.0).map(f32::round), [100.0; 3]);
        let ([fake, .., faked], [real, .., realed]) = (tint([100.0; 3], 1.0), tint([100.0; 3], -1.0));
        assert!(fake > faked && realed > real);
    }
}

//! A frame at several sizes, the finest first, and the tiles in which each is looked at.

use super::bbox::BBox;
use super::resample::rows;
use crate::frames::{Frame, reading};

/// Pixels of the frame to one of the finest level, and of each level to one of the next.
const FINEST: f32 = 8.0 / 3.0;
const COARSER: f32 = 4.0;
/// Longest side of a tile, and by how much two of them overlap: a face up to that size lies within one of them.
const TILE: usize = 512;
pub const SHARED: usize = 96;

/// A shrunk picture, rgb24.
pub struct Level {
    pub width: usize,
    pub height: usize,
    pixels: Vec<u8>,
}

impl Level {
    fn of(frame: &Frame, scale: f32) -> Self {
        let [height, width] = shrunk(frame, scale);
        let mut pixels = Vec::with_capacity(width * height * 3);
        for row in rows(frame, &whole(frame), width, height) {
            pixels.extend(row.into_iter().map(|value| value.round() as u8));
        }
        Self { width, height, pixels }
    }

    /// What `look` makes of it.
    pub fn with<T>(&self, look: impl FnOnce(&Frame) -> T) -> T {
        look(&Frame::new(self.width, self.height, &reading(&self.pixels)))
    }

    pub fn tiles(&self) -> Vec<BBox> {
        tiles(self.width, self.height)
    }
}

/// Levels of `frame`, down to one of a single tile.
pub fn pyramid(frame: &Frame) -> Vec<Level> {
    let mut levels = vec![Level::of(frame, FINEST)];
    while let Some(level) = levels.last().filter(|level| level.tiles().len() > 1) {
        let coarser = level.with(|picture| Level::of(picture, COARSER));
        levels.push(coarser);
    }
    levels
}

/// The box of the whole frame.
pub fn whole(frame: &Frame) -> BBox {
    BBox { x: 0.0, y: 0.0, width: frame.width as f32, height: frame.height as f32 }
}

/// Height and width of the frame once shrunk.
pub fn shrunk(frame: &Frame, scale: f32) -> [usize; 2] {
    [frame.height, frame.width].map(|side| ((side as f32 / scale).round() as usize).max(1))
}

/// Tiles of about one size that cover the picture, each sharing `SHARED` pixels with the next.
fn tiles(width: usize, height: usize) -> Vec<BBox> {
    let (columns, rows) = (stretches(width), stretches(height));
    let tile = |&(y, height): &(usize, usize)| {
        columns.iter().map(move |&(x, width)| BBox {
            x: x as f32,
            y: y as f32,
            width: width as f32,
            height: height as f32,
        })
    };
    rows.iter().flat_map(tile).collect()
}

/// Start and length of each stretch.
fn stretches(length: usize) -> Vec<(usize, usize)> {
    if length <= TILE {
        return vec![(0, length)];
    }
    let count = (length - SHARED).div_ceil(TILE - SHARED);
    let each = (length + (count - 1) * SHARED).div_ceil(count);
    (0..count).map(|nth| (nth * (length - each) / (count - 1), each)).collect()
}

/// Whether a face is this tile's to tell of, one of several: wholly within it, wherever its centre lies in the tile's own part.
pub fn belongs(face: &BBox, tile: &BBox, picture: &Frame) -> bool {
    let inside = |at: f32, start: f32, length: f32, limit: usize| {
        let margin = SHARED as f32 / 2.0;
        let low = if start > 0.0 { start + margin } else { f32::MIN };
        let high = if start + length < limit as f32 { start + length - margin } else { f32::MAX };
        (low..=high).contains(&at)
    };
    let [x, y] = face.center();
    face.side() <= SHARED as f32
        && inside(x, tile.x, tile.width, picture.width)
        && inside(y, tile.y, tile.height, picture.height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_face_that_a_level_may_tell_lies_wholly_in_one_tile(length in TILE + 1..20_000usize, at in 0f32..1.0, side in 20f32..SHARED as f32) {
            let center = side / 2.0 + at * (length as f32 - side);
            let picture = Frame::new(length, 100, &|_, _| ());
            let face = BBox { x: center - side / 2.0, y: 2.0, width: side, height: side };
            let tiles = tiles(length, 100);
            let telling: Vec<_> = tiles.iter().filter(|tile| belongs(&face, tile, &picture)).collect();
            prop_assert!(!telling.is_empty());
            for tile in telling {
                prop_assert!(tile.x <= face.x + 0.01 && face.x + side <= tile.x + tile.width + 0.01);
            }
            prop_assert!(tiles.iter().all(|tile| tile.width <= TILE as f32 && tile.x + tile.width <= length as f32));
        }
    }

    #[test]
    fn a_picture_of_100_megapixels_has_few_tiles() {
        assert!(tiles(12_000 * 3 / 8, 8400 * 3 / 8).len() <= 100);
    }
}

//! Where the kernels read: offsets into a padded image.

use std::array::from_fn;

use super::geometry::Geometry;
use super::tile::PIXELS;

/// Offsets for one convolution of images of one size.
pub struct Layout {
    /// Output pixels.
    pub pixels: usize,
    /// Of the first value under each of them, in tiles; the last pixel fills up the last tile.
    pub starts: Vec<[usize; PIXELS]>,
    /// From there, of each tap of a depthwise kernel, or of each eight of values under another.
    pub offsets: Vec<usize>,
    /// Values from a start to the end of what lies at the last offset.
    pub reach: usize,
    /// Whether the eights lie one after the other.
    pub one_run: bool,
}

impl Layout {
    pub fn of(geometry: &Geometry, size: [usize; 2]) -> Self {
        let (starts, runs) = (geometry.starts(size), geometry.runs(geometry.padded(size)[1]));
        let tile = |starts: &[usize]| from_fn(|p| starts[p.min(starts.len() - 1)]);
        let (one_run, length) = (runs.len() == 1, geometry.run_length());
        let offsets: Vec<usize> =
            runs.into_iter().flat_map(|run| (0..length).step_by(8).map(move |at| run + at)).collect();
        let reach = offsets.last().map_or(0, |last| last + 8);
        Self { pixels: starts.len(), starts: starts.chunks(PIXELS).map(tile).collect(), offsets, reach, one_run }
    }
}

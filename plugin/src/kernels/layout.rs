//! Where the kernels read: offsets into a padded image.

use std::array::from_fn;

use super::geometry::Geometry;
use super::kernel::PIXELS;

/// Fewest consecutive eights of values that are worth a loop of their own, where there are several stretches.
const LONG: usize = 4;

/// Offsets for one convolution of images of one size.
pub struct Layout {
    /// Output pixels.
    pub pixels: usize,
    /// Of the first value under each of them, in tiles; the last pixel fills up the last tile.
    pub starts: Vec<[usize; PIXELS]>,
    /// From there, of each stretch of values under the kernel.
    pub stretches: Vec<usize>,
    /// Length of a stretch, in eights of values.
    pub eights: usize,
}

impl Layout {
    pub fn of(geometry: &Geometry, size: [usize; 2]) -> Self {
        let all = geometry.starts(size);
        let tile = |starts: &[usize]| from_fn(|p| starts[p.min(starts.len() - 1)]);
        let (pixels, starts) = (all.len(), all.chunks(PIXELS).map(tile).collect());
        let (runs, eights) = (geometry.runs(geometry.padded(size)[1]), geometry.run_length().div_ceil(8));
        if geometry.depthwise() || eights >= LONG || runs.len() == 1 {
            return Self { pixels, starts, stretches: runs, eights };
        }
        let split = |run| (0..eights).map(move |eight| run + eight * 8);
        Self { pixels, starts, stretches: runs.into_iter().flat_map(split).collect(), eights: 1 }
    }

    /// Values from a pixel's start to the end of its last stretch of `length`.
    pub fn reach(&self, length: usize) -> usize {
        self.stretches.last().map_or(0, |last| last + length)
    }
}

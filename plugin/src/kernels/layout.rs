//! Where the kernels read: offsets into padded images that lie one after the other.

use super::geometry::Geometry;

/// Fewest consecutive fours of values that are worth a loop of their own, where there are several stretches.
const LONG: usize = 8;

/// Offsets for one convolution of images of one size.
pub struct Layout {
    /// Of the first value under each output pixel.
    pub starts: Vec<usize>,
    /// From there, of each stretch of values under the kernel.
    pub stretches: Vec<usize>,
    /// Length of a stretch, in fours of values.
    pub fours: usize,
}

impl Layout {
    pub fn of(geometry: &Geometry, images: usize, size: [usize; 2]) -> Self {
        let starts = geometry.starts(images, size);
        let (runs, fours) = (geometry.runs(geometry.padded(size)[1]), geometry.run_length().div_ceil(4));
        if geometry.depthwise() || fours >= LONG || runs.len() == 1 {
            return Self { starts, stretches: runs, fours };
        }
        let split = |run| (0..fours).map(move |four| run + four * 4);
        Self { starts, stretches: runs.into_iter().flat_map(split).collect(), fours: 1 }
    }

    /// Values from a pixel's start to the end of its last stretch of `length`.
    pub fn reach(&self, length: usize) -> usize {
        self.stretches.last().map_or(0, |last| last + length)
    }
}

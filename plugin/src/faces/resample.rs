//! Cutting a rectangle out of a frame and bringing it to another size.

use std::collections::BTreeMap;
use std::ops::Range;

use super::bbox::BBox;
use crate::frames::Frame;

/// One output position along an axis: the source positions that it averages, and their weights.
struct Taps {
    sources: Vec<usize>,
    weights: Vec<f32>,
}

/// Resamples `region` of `frame`, which may reach outside it, to `width × height` rgb pixels of 0..255 values.
///
/// Separable triangle filter, widened by the scale when shrinking so that nothing aliases (bilinear with
/// antialiasing, as in Pillow); outside the frame its content is mirrored about the border pixel.
pub fn resample(frame: &Frame, region: &BBox, width: usize, height: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(width * height * 3);
    rows(frame, region, width, height).for_each(|row| out.extend(row));
    out
}

/// [`resample`], row by row; it holds the few rows of the frame that one of its own is made of.
pub fn rows(frame: &Frame, region: &BBox, width: usize, height: usize) -> impl Iterator<Item = Vec<f32>> {
    let columns = taps(region.x, region.width, width, frame.width);
    let mut cache: BTreeMap<usize, Vec<f32>> = BTreeMap::new();
    taps(region.y, region.height, height, frame.height).into_iter().map(move |row| {
        let used = extent(&row.sources);
        cache.retain(|source, _| used.contains(source));
        let mut line = vec![0.0; width * 3];
        for (&source, &weight) in row.sources.iter().zip(&row.weights) {
            let pixels = cache.entry(source).or_insert_with(|| squeeze(frame, source, &columns));
            line.iter_mut().zip(pixels.iter()).for_each(|(sum, value)| *sum += weight * value);
        }
        line
    })
}

/// From the lowest to the highest position.
fn extent<'a>(sources: impl IntoIterator<Item = &'a usize>) -> Range<usize> {
    let bounds = |(low, high): (usize, usize), &source: &usize| (low.min(source), high.max(source + 1));
    let (low, high) = sources.into_iter().fold((usize::MAX, 0), bounds);
    low.min(high)..high
}

/// One row of the frame, resampled along its width.
fn squeeze(frame: &Frame, row: usize, columns: &[Taps]) -> Vec<f32> {
    let used = extent(columns.iter().flat_map(|column| &column.sources));
    let bytes = frame.row(row, used.clone());
    // Four values a pixel, so that one vector holds it.
    let pixels: Vec<[f32; 4]> =
        bytes.as_chunks::<3>().0.iter().map(|&[red, green, blue]| [red, green, blue, 0].map(f32::from)).collect();
    let mut line = Vec::with_capacity(columns.len() * 3);
    for column in columns {
        let mut sums = [0.0f32; 4];
        for (&source, &weight) in column.sources.iter().zip(&column.weights) {
            let pixel = &pixels[source - used.start];
            sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += weight * value);
        }
        line.extend_from_slice(&sums[..3]);
    }
    line
}

fn taps(start: f32, length: f32, count: usize, limit: usize) -> Vec<Taps> {
    let scale = length / count as f32;
    let reach = scale.max(1.0);
    (0..count).map(|i| around(start + (i as f32 + 0.5) * scale, reach, limit)).collect()
}

fn around(center: f32, reach: f32, limit: usize) -> Taps {
    let (first, last) = ((center - reach).floor() as i64, (center + reach).ceil() as i64);
    let weigh = |p: i64| (p, 1.0 - (p as f32 + 0.5 - center).abs() / reach);
    let (positions, mut weights): (Vec<i64>, Vec<f32>) = (first..last).map(weigh).filter(|(_, w)| *w > 0.0).unzip();
    let total: f32 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    Taps { sources: positions.into_iter().map(|p| mirror(p, limit)).collect(), weights }
}

/// Position `p` folded back into `0..limit` about the border pixels, which are not repeated.
fn mirror(p: i64, limit: usize) -> usize {
    let period = (2 * (limit as i64 - 1)).max(1);
    let folded = p.rem_euclid(period);
    folded.min(period - folded).clamp(0, limit as i64 - 1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::reading;
    use proptest::prelude::*;

    fn whole(width: usize, height: usize) -> BBox {
        BBox { x: 0.0, y: 0.0, width: width as f32, height: height as f32 }
    }

    #[test]
    fn the_same_size_gives_the_same_pixels() {
        let pixels: Vec<u8> = (0..5 * 4 * 3).map(|i| (i * 37 % 251) as u8).collect();
        let read = reading(&pixels);
        let frame = Frame::new(5, 4, &read);
        let same = resample(&frame, &whole(5, 4), 5, 4);
        assert!(same.iter().zip(&pixels).all(|(a, b)| (a - f32::from(*b)).abs() < 1e-3));
    }

    #[test]
    fn shrinking_a_fine_grid_gives_grey_not_moire() {
        let pixels: Vec<u8> = (0..64 * 64).flat_map(|i| [if (i + i / 64) % 2 == 0 { 255 } else { 0 }; 3]).collect();
        let read = reading(&pixels);
        let frame = Frame::new(64, 64, &read);
        let small = resample(&frame, &whole(64, 64), 10, 10);
        assert!(small.iter().all(|v| (v - 127.5).abs() < 16.0), "{small:?}");
    }

    #[test]
    fn mirroring_does_not_repeat_the_border() {
        let folded: Vec<usize> = (-3..7).map(|p| mirror(p, 4)).collect();
        assert_eq!(folded, [3, 2, 1, 0, 1, 2, 3, 2, 1, 0]);
        assert_eq!(mirror(-5, 1), 0);
    }

    proptest! {
        #[test]
        fn a_flat_frame_stays_flat_wherever_the_region_lies(value: u8, x in -40f32..40.0, y in -40f32..40.0, side in 1f32..80.0) {
            let pixels = vec![value; 20 * 15 * 3];
            let read = reading(&pixels);
            let frame = Frame::new(20, 15, &read);
            let out = resample(&frame, &BBox { x, y, width: side, height: side }, 7, 7);
            prop_assert_eq!(out.len(), 7 * 7 * 3);
            prop_assert!(out.iter().all(|v| (v - f32::from(value)).abs() < 0.01));
        }
    }
}

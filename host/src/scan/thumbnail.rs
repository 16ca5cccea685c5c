//! Pictures of faces with their surroundings.

use jpeg_encoder::{ColorType, Encoder};
use veritag_abi::{Frame, Window};

/// The longest side of a picture in a report, in pixels.
const LONGEST: usize = 192;
const JPEG_QUALITY: u8 = 82;
/// How much of the surroundings is shown: the side of the cut over the side of the face box.
const MARGIN: f32 = 2.0;

/// One face of one window with its surroundings.
#[derive(Clone, Debug, PartialEq)]
pub struct Thumbnail {
    /// Index of the window in the assessment.
    pub window: usize,
    /// Index of the face in that window.
    pub face: usize,
    pub jpeg: Vec<u8>,
    /// Size of the picture in pixels.
    pub width: usize,
    pub height: usize,
    /// The face box, `[x, y, width, height]`, as fractions 0..1 of the picture's size.
    pub bbox: [f32; 4],
}

/// A rectangle of whole pixels within a frame.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

/// A thumbnail of every face that was followed through a window, cut out of its `middle` frame. The window is taken to
/// be an assessment's first.
pub fn thumbnails(middle: &Frame, seen: &Window) -> Vec<Thumbnail> {
    let boxes = seen.tracks.iter().filter_map(|track| track.frames.get(track.frames.len() / 2));
    let cuts =
        boxes.enumerate().map(|(face, found)| Some(Thumbnail { face, ..Thumbnail::cut(middle, found.bbox, LONGEST)? }));
    cuts.flatten().collect()
}

impl Thumbnail {
    /// Cuts twice the face box `[x, y, width, height]` out of `frame`, in whose pixels the box is
    /// given, and scales it down to at most `longest` pixels a side. None when no part of the box lies on the frame.
    pub fn cut(frame: &Frame, bbox: [f32; 4], longest: usize) -> Option<Self> {
        let whole = frame.pixels.len() == frame.width * frame.height * 3;
        let cut = Cut::around(bbox, [frame.width, frame.height]).filter(|_| whole)?;
        let [width, height] = cut.scaled(longest);
        let pixels = cut.shrink(frame, width, height);
        let mut jpeg = Vec::new();
        Encoder::new(&mut jpeg, JPEG_QUALITY).encode(&pixels, width as u16, height as u16, ColorType::Rgb).ok()?;
        Some(Self { window: 0, face: 0, jpeg, width, height, bbox: cut.fractions(bbox) })
    }
}

impl Cut {
    /// Twice the box `[x, y, width, height]` in a frame of `[width, height]`. None when no part of it lies on the frame.
    pub fn around([x, y, width, height]: [f32; 4], frame: [usize; 2]) -> Option<Self> {
        let (left, columns) = widen(x, width, frame[0])?;
        let (top, rows) = widen(y, height, frame[1])?;
        Some(Self { x: left, y: top, width: columns, height: rows })
    }

    /// `[width, height]` that fit the longest side, never larger than the cut.
    pub fn scaled(self, most: usize) -> [usize; 2] {
        let longest = self.width.max(self.height);
        let fit = |side: usize| if longest > most { (side * most / longest).max(1) } else { side };
        [fit(self.width), fit(self.height)]
    }

    /// Each new pixel is the mean of the pixels that it stands for.
    fn shrink(self, frame: &Frame, width: usize, height: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(width * height * 3);
        for row in 0..height {
            let rows = self.y + row * self.height / height..self.y + (row + 1) * self.height / height;
            for column in 0..width {
                let from = self.x + column * self.width / width;
                let to = self.x + (column + 1) * self.width / width;
                out.extend(mean(frame, rows.clone(), from..to));
            }
        }
        out
    }

    /// The box in fractions of the cut.
    pub fn fractions(self, [x, y, width, height]: [f32; 4]) -> [f32; 4] {
        let share = |at: f32, origin: usize, side: usize| ((at - origin as f32) / side as f32).clamp(0.0, 1.0);
        let left = share(x, self.x, self.width);
        let top = share(y, self.y, self.height);
        let right = share(x + width, self.x, self.width);
        let bottom = share(y + height, self.y, self.height);
        [left, top, right - left, bottom - top]
    }
}

/// Start and length of the stretch `MARGIN` times as long as `at..at + side`, clamped to `0..limit`.
fn widen(at: f32, side: f32, limit: usize) -> Option<(usize, usize)> {
    let overlaps = side > 0.0 && at < limit as f32 && at + side > 0.0;
    let extra = side * (MARGIN - 1.0) / 2.0;
    let from = (at - extra).floor().max(0.0) as usize;
    let to = ((at + side + extra).ceil() as usize).min(limit);
    (overlaps && to > from).then(|| (from, to - from))
}

fn mean(frame: &Frame, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> [u8; 3] {
    let count = (rows.len() * columns.len()) as u32;
    let mut sums = [0u32; 3];
    for row in rows {
        let line = &frame.pixels[(row * frame.width + columns.start) * 3..][..columns.len() * 3];
        for pixel in line.as_chunks::<3>().0 {
            sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u32::from(*value));
        }
    }
    sums.map(|sum| ((sum + count / 2) / count) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(width: usize, height: usize, bbox: [f32; 4]) -> Option<Thumbnail> {
        let pixels = vec![90; width * height * 3];
        Thumbnail::cut(&Frame { width, height, pts_us: 0, pixels: &pixels }, bbox, LONGEST)
    }

    proptest! {
        #[test]
        fn any_box_gives_a_small_picture_or_none(w in 1usize..500, h in 1usize..400, bbox: [f32; 4]) {
            if let Some(thumbnail) = cut(w, h, bbox) {
                prop_assert!(thumbnail.width.max(thumbnail.height) <= LONGEST);
                prop_assert!(thumbnail.bbox.iter().all(|share| (0.0..=1.0).contains(share)));
                prop_assert!(thumbnail.jpeg.starts_with(&[0xff, 0xd8]));
            }
        }
    }

    #[test]
    fn cuts_twice_the_box() {
        let thumbnail = cut(640, 360, [200.0, 100.0, 80.0, 80.0]).unwrap();
        assert_eq!((thumbnail.width, thumbnail.height), (160, 160));
        assert_eq!(thumbnail.bbox, [0.25, 0.25, 0.5, 0.5]);
    }

    #[test]
    fn large_faces_are_scaled_down_and_edges_respected() {
        let thumbnail = cut(1000, 1000, [-100.0, 0.0, 500.0, 500.0]).unwrap();
        assert_eq!((thumbnail.width, thumbnail.height), (166, 192));
        assert_eq!(thumbnail.bbox[..2], [0.0, 0.0]);
    }

    #[test]
    fn boxes_beside_the_frame_give_none() {
        assert_eq!(cut(64, 64, [70.0, 0.0, 10.0, 10.0]), None);
        assert_eq!(cut(64, 64, [f32::NAN, 0.0, 10.0, 10.0]), None);
        assert_eq!(cut(64, 64, [0.0, 0.0, 0.0, 10.0]), None);
    }

    #[test]
    fn shrinking_averages() {
        let pixels: Vec<u8> = (0..400 * 400).flat_map(|i| [if i % 2 == 0 { 0 } else { 200 }; 3]).collect();
        let frame = Frame { width: 400, height: 400, pts_us: 0, pixels: &pixels };
        let whole = Cut { x: 0, y: 0, width: 384, height: 384 };
        assert!(whole.shrink(&frame, 192, 192).iter().all(|value| *value == 100));
    }
}

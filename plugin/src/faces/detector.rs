//! CenterFace (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019).
//!
//! Input `[1, 3, height, width]`, rgb 0..255, sides multiples of 32. Four outputs at a quarter of the size:
//! heat of face centres, log box sizes (height, width), centre offsets (row, column), and landmarks as shares of the
//! box (row, column).

use std::array::from_fn;

use tract_core::internal::ToDim;
use veritag_abi::{Fault, Frame};

use super::bbox::{BBox, Detection, Landmarks, suppress};
use super::resample::resample;
use crate::model::network::{Network, Template};

/// Longest side of the picture that the network sees, in pixels.
const LONGEST: usize = 320;
const MULTIPLE: usize = 32;
/// Pixels per cell of the network's output.
const CELL: f32 = 4.0;
const LEAST_CONFIDENCE: f32 = 0.5;
const OVERLAP: f32 = 0.3;

/// Finds faces; builds its network for the first frame size it sees and again when that changes.
pub struct Detector {
    template: Template,
    built: Option<([usize; 2], Network)>,
}

impl Detector {
    /// # Errors
    /// [`Fault::Model`] when `onnx` cannot be read.
    pub fn new(onnx: &[u8]) -> Result<Self, Fault> {
        Ok(Self { template: Template::read("faces", onnx)?, built: None })
    }

    /// The faces in `frame`, most confident first, with boxes in its pixels.
    pub fn detect(&mut self, frame: &Frame) -> Result<Vec<Detection>, Fault> {
        let scale = (frame.width.max(frame.height) as f32 / LONGEST as f32).max(1.0);
        let fitted = [frame.height, frame.width].map(|side| ((side as f32 / scale).round() as usize).max(1));
        let canvas = fitted.map(|side| side.next_multiple_of(MULTIPLE));
        let whole = BBox { x: 0.0, y: 0.0, width: frame.width as f32, height: frame.height as f32 };
        let picture = resample(frame, &whole, fitted[1], fitted[0]);
        let outputs = self.network(canvas)?.run(&[1, 3, canvas[0], canvas[1]], &paste(&picture, fitted, canvas))?;
        let [heat, sizes, offsets, landmarks] = outputs.as_slice() else {
            return Err(Fault::Model("faces: expected four outputs".into()));
        };
        let (heat, sizes, offsets, landmarks) = (&heat.1, &sizes.1, &offsets.1, &landmarks.1);
        let count = canvas[0] * canvas[1] / (CELL * CELL) as usize;
        if [heat.len(), sizes.len(), offsets.len(), landmarks.len()] != [1, 2, 2, 10].map(|planes| planes * count) {
            return Err(Fault::Model("faces: outputs of another shape".into()));
        }
        let cells = Cells { heat, sizes, offsets, landmarks, width: canvas[1] / CELL as usize };
        Ok(suppress(
            cells.decode(frame.width as f32 / fitted[1] as f32, frame.height as f32 / fitted[0] as f32),
            OVERLAP,
        ))
    }

    fn network(&mut self, canvas: [usize; 2]) -> Result<&Network, Fault> {
        if self.built.as_ref().is_none_or(|(size, _)| *size != canvas) {
            let shape = [1, 3, canvas[0], canvas[1]].map(|d: usize| d.to_dim());
            self.built = Some((canvas, self.template.build(&shape)?));
        }
        Ok(&self.built.as_ref().expect("built above").1)
    }
}

/// Planar `[3, height, width]` of `canvas`, with the interleaved `picture` in its corner and zeros beside it.
fn paste(picture: &[f32], [height, width]: [usize; 2], canvas: [usize; 2]) -> Vec<f32> {
    let plane = canvas[0] * canvas[1];
    let mut out = vec![0.0; 3 * plane];
    for (i, pixel) in picture.as_chunks::<3>().0.iter().enumerate().take(height * width) {
        let at = i / width * canvas[1] + i % width;
        (0..3).for_each(|channel| out[channel * plane + at] = pixel[channel]);
    }
    out
}

struct Cells<'a> {
    heat: &'a [f32],
    sizes: &'a [f32],
    offsets: &'a [f32],
    landmarks: &'a [f32],
    width: usize,
}

impl Cells<'_> {
    fn decode(&self, across: f32, down: f32) -> Vec<Detection> {
        let hot = self.heat.iter().enumerate().filter(|(_, heat)| **heat > LEAST_CONFIDENCE);
        let found = hot.map(|(cell, &confidence)| {
            let bbox = self.bbox(cell, across, down);
            Detection { bbox, landmarks: self.landmarks(cell, &bbox), confidence }
        });
        // A box far beyond the picture is no face, and resampling it would cost any amount of work.
        let largest = 2.0 * CELL * self.width as f32 * across.max(down);
        let finite = |d: &Detection| d.landmarks.iter().flatten().chain(&d.bbox.center()).all(|c| c.is_finite());
        found.filter(|detection| detection.bbox.side() < largest && finite(detection)).collect()
    }

    fn bbox(&self, cell: usize, across: f32, down: f32) -> BBox {
        let plane = self.heat.len();
        let (row, column) = ((cell / self.width) as f32, (cell % self.width) as f32);
        let (height, width) = (self.sizes[cell].exp() * CELL, self.sizes[plane + cell].exp() * CELL);
        let x = (column + self.offsets[plane + cell] + 0.5) * CELL - width / 2.0;
        let y = (row + self.offsets[cell] + 0.5) * CELL - height / 2.0;
        BBox { x: x * across, y: y * down, width: width * across, height: height * down }
    }

    fn landmarks(&self, cell: usize, bbox: &BBox) -> Landmarks {
        let share = |plane: usize| self.landmarks[plane * self.heat.len() + cell];
        from_fn(|i| [bbox.x + share(2 * i + 1) * bbox.width, bbox.y + share(2 * i) * bbox.height])
    }
}

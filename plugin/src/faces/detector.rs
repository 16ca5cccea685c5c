//! CenterFace (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019).
//!
//! Input `[1, 3, height, width]`, rgb 0..255, sides multiples of 32. Four outputs at a quarter of the size:
//! heat of face centres, log box sizes (height, width), centre offsets (row, column), and landmarks as shares of the
//! box (row, column).

use std::array::from_fn;

use tract_core::internal::ToDim;
use veritag_abi::Fault;

use super::bbox::{BBox, Detection, Landmarks, suppress};
use super::resample::resample;
use crate::frames::Frame;
use crate::network::{Network, Output, Template};

const MULTIPLE: usize = 32;
/// Pixels per cell of the network's output.
const CELL: f32 = 4.0;
const LEAST_CONFIDENCE: f32 = 0.5;
/// Least overlap of two boxes of one face.
pub const OVERLAP: f32 = 0.3;
/// Most cells that are taken for faces at one look: the hottest.
const MOST: usize = 256;
/// Sizes of picture for which the network stays built.
const KEPT: usize = 4;

/// Finds faces; builds its network for each size of picture, and keeps the last few.
pub struct Detector {
    template: Template,
    built: Vec<([usize; 2], Network)>,
}

impl Detector {
    /// Reads the network, and tries it on the smallest picture.
    ///
    /// # Errors
    /// [`Fault::Model`] when `onnx` cannot be read, or fails or gives other outputs there.
    pub fn new(onnx: &[u8]) -> Result<Self, Fault> {
        let mut detector = Self { template: Template::read("faces", onnx)?, built: Vec::new() };
        detector.run(&[0.0; 3 * MULTIPLE * MULTIPLE], [MULTIPLE; 2])?;
        detector.built.clear();
        Ok(detector)
    }

    /// The faces in a `region` of `frame`, resampled to `size` (height, width) for the network: most confident first,
    /// with boxes in pixels of the frame.
    ///
    /// # Errors
    /// [`Fault::Model`] when the network fails or gives other outputs.
    pub fn look(&mut self, frame: &Frame, region: &BBox, size: [usize; 2]) -> Result<Vec<Detection>, Fault> {
        let canvas = size.map(|side| side.next_multiple_of(MULTIPLE));
        let picture = resample(frame, region, size[1], size[0]);
        let cells = self.run(&paste(&picture, size, canvas), canvas)?;
        let found = cells.decode(region.width / size[1] as f32, region.height / size[0] as f32);
        Ok(suppress(found, OVERLAP).into_iter().map(|face| face.moved(region.x, region.y)).collect())
    }

    /// What the network says of a `picture` of planes `[3, height, width]`.
    fn run(&mut self, picture: &[f32], canvas: [usize; 2]) -> Result<Cells, Fault> {
        let outputs = self.network(canvas)?.run(&[1, 3, canvas[0], canvas[1]], picture)?;
        let outputs = <[Output; 4]>::try_from(outputs)
            .map_err(|outputs| Fault::Model(format!("faces: {} outputs, expected four", outputs.len())))?;
        let [heat, sizes, offsets, landmarks] = outputs.map(|(_, values)| values);
        let count = canvas[0] * canvas[1] / (CELL * CELL) as usize;
        if [heat.len(), sizes.len(), offsets.len(), landmarks.len()] != [1, 2, 2, 10].map(|planes| planes * count) {
            return Err(Fault::Model("faces: outputs of another shape".into()));
        }
        Ok(Cells { heat, sizes, offsets, landmarks, width: canvas[1] / CELL as usize })
    }

    fn network(&mut self, canvas: [usize; 2]) -> Result<&Network, Fault> {
        let at = match self.built.iter().position(|(size, _)| *size == canvas) {
            Some(at) => at,
            None => {
                let shape = [1, 3, canvas[0], canvas[1]].map(|d: usize| d.to_dim());
                let network = self.template.build(&shape)?;
                self.built.drain(..(self.built.len() + 1).saturating_sub(KEPT));
                self.built.push((canvas, network));
                self.built.len() - 1
            }
        };
        Ok(&self.built[at].1)
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

struct Cells {
    heat: Vec<f32>,
    sizes: Vec<f32>,
    offsets: Vec<f32>,
    landmarks: Vec<f32>,
    width: usize,
}

impl Cells {
    fn decode(&self, across: f32, down: f32) -> Vec<Detection> {
        let hot = self.heat.iter().enumerate().filter(|(_, heat)| **heat > LEAST_CONFIDENCE);
        let mut hot: Vec<_> = hot.collect();
        hot.sort_by(|a, b| b.1.total_cmp(a.1));
        hot.truncate(MOST);
        let found = hot.into_iter().map(|(cell, &confidence)| {
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

//! Finding every face of a frame that is large enough to be judged, whatever the frame's size.
//!
//! The detector finds faces of 24 to some 400 of its pixels (measured on 60 portraits: 95 % at 20, 62 % at 16). A small
//! frame is looked at once. A larger one is looked at in tiles of a pyramid, whose finest level shows a face of 64 pixels
//! with 24; each level leaves faces that may not fit between two tiles to the next coarser one.

use veritag_abi::Fault;

use super::bbox::{Detection, suppress};
use super::detector::{Detector, OVERLAP};
use super::pyramid::{Level, belongs, pyramid, shrunk, whole};
use crate::frames::Frame;

/// Longest side of a frame that is looked at once, and what it is shrunk to.
const SMALL: usize = 960;
const LONGEST: usize = 320;
/// Most faces of a frame that are considered: those that the detector is surest of.
const MOST: usize = 1000;
/// Sides of what the second looks see, in units of the face, and in pixels of the detector. The mean of two boxes depends
/// less on where the detector's cells happen to lie.
const AROUND: [f32; 2] = [1.8, 2.2];
const AGAIN: usize = 160;
/// Least overlap of a face's boxes at the two looks.
const SAME: f32 = 0.3;

/// A frame's faces, most confident first, with boxes in its pixels; and its levels, if it is a large one.
pub struct Found {
    pub faces: Vec<Detection>,
    levels: Vec<Level>,
}

/// Finds the faces in `frame`.
///
/// # Errors
/// [`Fault::Model`] when the detector fails.
pub fn search(detector: &mut Detector, frame: &Frame) -> Result<Found, Fault> {
    let longest = frame.width.max(frame.height);
    if longest <= SMALL {
        let scale = (longest as f32 / LONGEST as f32).max(1.0);
        let faces = detector.look(frame, &whole(frame), shrunk(frame, scale))?;
        return Ok(Found { faces, levels: Vec::new() });
    }
    let (levels, mut faces) = (pyramid(frame), Vec::new());
    for level in &levels {
        let (across, down) = scales(frame, level);
        let seen = level.with(|picture| search_level(detector, level, picture))?;
        faces.extend(seen.into_iter().map(|face| face.scaled(across, down)));
    }
    faces.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    faces.truncate(MOST);
    Ok(Found { faces: suppress(faces, OVERLAP), levels })
}

fn search_level(detector: &mut Detector, level: &Level, picture: &Frame) -> Result<Vec<Detection>, Fault> {
    let (tiles, mut faces) = (level.tiles(), Vec::new());
    for tile in &tiles {
        let seen = detector.look(picture, tile, [tile.height as usize, tile.width as usize])?;
        let told = |face: &Detection| tiles.len() == 1 || belongs(&face.bbox, tile, picture);
        faces.extend(seen.into_iter().filter(told));
    }
    Ok(faces)
}

/// Pixels of the frame to one of the level, across and down.
fn scales(frame: &Frame, level: &Level) -> (f32, f32) {
    (frame.width as f32 / level.width as f32, frame.height as f32 / level.height as f32)
}

impl Found {
    /// The `most` largest of the faces, looked at again at one size, so that a box depends neither on the size of the picture
    /// nor on what lies around.
    ///
    /// # Errors
    /// [`Fault::Model`] when the detector fails.
    pub fn look_again(mut self, detector: &mut Detector, frame: &Frame, most: usize) -> Result<Vec<Detection>, Fault> {
        self.faces.sort_by(|a, b| b.bbox.area().total_cmp(&a.bbox.area()));
        self.faces.truncate(most);
        let again = self.faces.iter().map(|face| self.second_look(detector, frame, face));
        Ok(suppress(again.collect::<Result<Vec<_>, _>>()?, OVERLAP))
    }

    /// On the frame itself, or on a level that shows more than enough of the face.
    fn second_look(&self, detector: &mut Detector, frame: &Frame, face: &Detection) -> Result<Detection, Fault> {
        let ample = |level: &&Level| face.bbox.side() / scales(frame, level).0 >= AGAIN as f32;
        match self.levels.iter().rfind(ample) {
            None => mean_of_looks(detector, frame, face),
            Some(level) => {
                let (across, down) = scales(frame, level);
                let face = face.scaled(1.0 / across, 1.0 / down);
                Ok(level.with(|picture| mean_of_looks(detector, picture, &face))?.scaled(across, down))
            }
        }
    }
}

fn mean_of_looks(detector: &mut Detector, frame: &Frame, face: &Detection) -> Result<Detection, Fault> {
    let same = |other: &Detection| face.bbox.iou(&other.bbox);
    let mut mean = *face;
    for (nth, around) in AROUND.into_iter().enumerate() {
        let seen = detector.look(frame, &face.bbox.square(around), [AGAIN, AGAIN])?;
        let nearest = seen.into_iter().max_by(|a, b| same(a).total_cmp(&same(b)));
        let again = nearest.filter(|other| same(other) >= SAME).unwrap_or(*face);
        mean = mean.lerp(&again, 1.0 / (nth + 1) as f32);
    }
    Ok(mean)
}

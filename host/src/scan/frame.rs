//! Single frames of an asset as JPEG, as people look at them.

use std::path::Path;
use std::time::Instant;

use jpeg_encoder::{ColorType, Encoder};
use veritag_abi::{Frame, WindowScore};

use super::Scanner;
use super::thumbnail::Thumbnail;
use crate::assessment::MediaFacts;
use crate::error::Error;
use crate::media::error::MediaError;
use crate::media::{Frames, Span, tracks, window};

const JPEG_QUALITY: u8 = 88;
/// Longest side of a face with its surroundings, in pixels: most are shown as they are.
pub const FACE_SIDE: usize = 512;

impl Scanner {
    /// The frame at a time in µs of the track that `media` is about, its longest side at most `max_side` pixels.
    ///
    /// # Errors
    /// [`MediaError`] when it cannot be decoded.
    pub fn poster(&self, path: &Path, media: &MediaFacts, at_us: u64, max_side: u32) -> Result<Vec<u8>, Error> {
        let frames = self.frame(path, media, at_us, max_side)?;
        let mut jpeg = Vec::new();
        let size = [frames.width, frames.height].map(|side| side as u16);
        let encoded = Encoder::new(&mut jpeg, JPEG_QUALITY).encode(&frames.pixels, size[0], size[1], ColorType::Rgb);
        encoded.map(|()| jpeg).map_err(|_| Error::Bug)
    }

    /// A face of a window with its surroundings, in the pixels that were judged. None if no part of it is in the frame.
    ///
    /// # Errors
    /// [`MediaError`] when it cannot be decoded.
    pub fn face(
        &self,
        path: &Path,
        media: &MediaFacts,
        window: &WindowScore,
        face: usize,
    ) -> Result<Option<Thumbnail>, Error> {
        let Some(found) = window.faces.get(face) else { return Ok(None) };
        let frames = self.frame(path, media, found.pts_us, window.width.max(window.height))?;
        let (width, height) = (frames.width as usize, frames.height as usize);
        let frame = Frame { width, height, pts_us: found.pts_us, pixels: &frames.pixels };
        Ok(Thumbnail::cut(&frame, found.bbox, FACE_SIDE))
    }

    fn frame(&self, path: &Path, media: &MediaFacts, at_us: u64, max_side: u32) -> Result<Frames, Error> {
        let deadline = Instant::now() + self.timeout;
        let tracks = tracks(&self.tools, &self.limits, path, deadline)?;
        let probe = tracks.iter().find(|probe| media.is_of(probe)).or(tracks.first()).ok_or(Error::Bug)?;
        let span = Span { start_us: at_us, frames: 1, max_side };
        let frames: Result<Frames, MediaError> = window(&self.tools, &self.limits, path, probe, &span, deadline);
        Ok(frames?)
    }
}

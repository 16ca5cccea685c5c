//! What is refused before anything is decoded. Length is not: a three-hour file costs a few windows.

use super::error::MediaError;
use std::path::Path;

/// The defaults take any phone's pictures and any camera's video, and stop a decompression bomb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, in bytes. Default: 64 GiB.
    pub bytes: u64,
    /// Most pixels in one frame as coded. Default: 120 million, above a 108-megapixel photo.
    pub pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 30, pixels: 120_000_000 }
    }
}

impl Limits {
    /// # Errors
    /// [`MediaError::Empty`] for no bytes, [`MediaError::TooLarge`] for too many.
    pub fn check_bytes(&self, path: &Path, bytes: u64) -> Result<(), MediaError> {
        match bytes {
            0 => Err(MediaError::Empty(path.into())),
            _ if bytes > self.bytes => Err(MediaError::TooLarge { path: path.into(), bytes, limit: self.bytes }),
            _ => Ok(()),
        }
    }

    /// # Errors
    /// [`MediaError::TooManyPixels`] when the coded frame is larger than [`Limits::pixels`].
    pub fn check_pixels(&self, path: &Path, coded: u64, (width, height): (u32, u32)) -> Result<(), MediaError> {
        if coded <= self.pixels {
            return Ok(());
        }
        Err(self.too_many_pixels(path, &format!("{width}×{height}")))
    }

    pub(super) fn too_many_pixels(&self, path: &Path, size: &str) -> MediaError {
        MediaError::TooManyPixels { path: path.into(), size: format!(" ({size})"), limit: self.pixels }
    }

    /// The most that ffmpeg may allocate in one piece, in bytes: a frame of 8 bytes a pixel fits, and so
    /// does the index of a long film.
    pub(super) fn max_alloc(&self) -> u64 {
        (self.pixels * 8).max(256 << 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_empty_and_too_large() {
        let limits = Limits { bytes: 10, pixels: 1 };
        let code = |bytes| limits.check_bytes(Path::new("a"), bytes).err().map(|e| e.code());
        assert_eq!([code(0), code(10), code(11)], [Some("media-empty"), None, Some("media-too-large")]);
    }
}

//! FrameBatch: the decoded frames of one window, as bytes.
//!
//! Layout, little-endian: magic `VTFB`, u16 version, u16 count, u32 width, u32 height,
//! count × u64 presentation time in µs, then count × height × width × 3 bytes of rgb24.

use crate::Fault;

const MAGIC: &[u8; 4] = b"VTFB";
const VERSION: u16 = 1;
const HEADER: usize = 16;

/// What stands before the pixels of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    pub width: u32,
    pub height: u32,
    /// Presentation times in µs, one a frame, never going back.
    pub pts_us: Vec<u64>,
}

impl FrameHeader {
    /// Reads the header of a batch of `length` bytes, of which `read` copies those from an offset on.
    ///
    /// # Errors
    /// [`Fault::Rejected`] when the batch is not exactly one of this version.
    pub fn read(length: usize, read: impl Fn(usize, &mut [u8])) -> Result<Self, Fault> {
        let mut header = [0; HEADER];
        if length < HEADER {
            return Err(rejected("shorter than its header"));
        }
        read(0, &mut header);
        if &header[..4] != MAGIC {
            return Err(rejected("no VTFB magic"));
        }
        let short = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let long = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        if short(4) != VERSION {
            return Err(rejected(&format!("version {}, expected {VERSION}", short(4))));
        }
        let mut times = vec![0; usize::from(short(6)) * 8];
        let pixels = length.checked_sub(HEADER + times.len()).ok_or_else(|| rejected("shorter than its times"))?;
        read(HEADER, &mut times);
        let pts_us = times.as_chunks::<8>().0.iter().map(|t| u64::from_le_bytes(*t)).collect();
        Self { width: long(8), height: long(12), pts_us }.checked(pixels)
    }

    fn checked(self, pixels: usize) -> Result<Self, Fault> {
        let bytes = frame_bytes(self.width, self.height).ok_or_else(|| rejected("frame size overflows"))?;
        if bytes == 0 || self.pts_us.is_empty() || self.pts_us.len() > usize::from(u16::MAX) {
            return Err(rejected("needs 1 to 65535 frames of at least one pixel"));
        }
        if !self.pts_us.is_sorted() {
            return Err(rejected("times go back"));
        }
        if bytes.checked_mul(self.pts_us.len()) != Some(pixels) {
            return Err(rejected("pixel bytes do not match count, width and height"));
        }
        Ok(self)
    }

    /// Bytes before the first pixel.
    pub fn bytes(&self) -> usize {
        HEADER + self.pts_us.len() * 8
    }
}

/// The frames of one window, all of one size, in order of time; borrows their pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameBatch<'a> {
    header: FrameHeader,
    pixels: &'a [u8],
}

/// One frame: `pixels` are `height` rows of `width` rgb24 triples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    pub width: usize,
    pub height: usize,
    pub pts_us: u64,
    pub pixels: &'a [u8],
}

fn rejected(why: &str) -> Fault {
    Fault::Rejected(format!("frame batch: {why}"))
}

fn frame_bytes(width: u32, height: u32) -> Option<usize> {
    (width as usize).checked_mul(height as usize)?.checked_mul(3)
}

impl<'a> FrameBatch<'a> {
    /// # Errors
    /// [`Fault::Rejected`] for no frames, more than 65,535, an empty frame, times that go back, or a
    /// pixel count other than `pts_us.len() × height × width × 3`.
    pub fn new(width: u32, height: u32, pts_us: Vec<u64>, pixels: &'a [u8]) -> Result<Self, Fault> {
        Ok(Self { header: FrameHeader { width, height, pts_us }.checked(pixels.len())?, pixels })
    }

    /// # Errors
    /// [`Fault::Rejected`] when `bytes` is not exactly one batch of this version.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Fault> {
        let header = FrameHeader::read(bytes.len(), |at, out| out.copy_from_slice(&bytes[at..][..out.len()]))?;
        Ok(Self { pixels: &bytes[header.bytes()..], header })
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.header.bytes() + self.pixels.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&(self.header.pts_us.len() as u16).to_le_bytes());
        out.extend_from_slice(&self.header.width.to_le_bytes());
        out.extend_from_slice(&self.header.height.to_le_bytes());
        self.header.pts_us.iter().for_each(|t| out.extend_from_slice(&t.to_le_bytes()));
        out.extend_from_slice(self.pixels);
        out
    }

    pub fn width(&self) -> u32 {
        self.header.width
    }

    pub fn height(&self) -> u32 {
        self.header.height
    }

    /// Number of frames, at least 1.
    pub fn count(&self) -> usize {
        self.header.pts_us.len()
    }

    /// Presentation times in µs, never going back.
    pub fn pts_us(&self) -> &[u64] {
        &self.header.pts_us
    }

    pub fn frame(&self, index: usize) -> Frame<'a> {
        let (width, height) = (self.header.width as usize, self.header.height as usize);
        let size = width * height * 3;
        Frame { width, height, pts_us: self.header.pts_us[index], pixels: &self.pixels[index * size..][..size] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn decodes_what_it_encodes(width in 1u32..9, height in 1u32..9, mut pts in prop::collection::vec(any::<u64>(), 1..9)) {
            pts.sort_unstable();
            let pixels: Vec<u8> = (0..width as usize * height as usize * 3 * pts.len()).map(|i| i as u8).collect();
            let batch = FrameBatch::new(width, height, pts, &pixels).unwrap();
            let bytes = batch.encode();
            prop_assert_eq!(FrameBatch::decode(&bytes).unwrap(), batch);
            prop_assert!(FrameBatch::decode(&bytes[..bytes.len() - 1]).is_err());
        }

        #[test]
        fn no_bytes_crash_the_reader(mut bytes in prop::collection::vec(any::<u8>(), 0..200), magic: bool) {
            if magic && bytes.len() > 6 {
                bytes[..6].copy_from_slice(b"VTFB\x01\0");
            }
            let _ = FrameBatch::decode(&bytes);
        }
    }

    #[test]
    fn refuses_sizes_that_overflow() {
        let mut bytes = b"VTFB\x01\0\x01\0".to_vec();
        bytes.extend_from_slice(&[0xff; 8]);
        bytes.extend_from_slice(&[0; 8]);
        assert!(FrameBatch::decode(&bytes).is_err());
    }
}

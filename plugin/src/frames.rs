//! Frames whose pixels are fetched as they are needed: of a large batch, most are looked at once or never.

use std::ops::Range;

use veritag_abi::{Fault, FrameHeader};

/// Copies bytes of a batch or picture, from an offset on, until the slice is full.
pub type Read<'a> = dyn Fn(usize, &mut [u8]) + 'a;

/// The frames of one window, as [`veritag_abi::FrameBatch`] lays them out.
pub struct Frames<'a> {
    header: FrameHeader,
    read: &'a Read<'a>,
}

/// One picture, `height` rows of `width` rgb24 triples.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    pub width: usize,
    pub height: usize,
    start: usize,
    read: &'a Read<'a>,
}

impl<'a> Frames<'a> {
    /// The batch of `length` bytes that `read` reads.
    ///
    /// # Errors
    /// [`Fault::Rejected`] when it is not exactly one batch of this version.
    pub fn open(length: usize, read: &'a Read<'a>) -> Result<Self, Fault> {
        Ok(Self { header: FrameHeader::read(length, read)?, read })
    }

    pub fn header(&self) -> &FrameHeader {
        &self.header
    }

    /// Number of frames, at least 1.
    pub fn count(&self) -> usize {
        self.header.pts_us.len()
    }

    pub fn frame(&self, index: usize) -> Frame<'a> {
        let (width, height) = (self.header.width as usize, self.header.height as usize);
        Frame { width, height, start: self.header.bytes() + index * width * height * 3, read: self.read }
    }
}

impl<'a> Frame<'a> {
    /// A picture whose pixels `read` reads.
    pub fn new(width: usize, height: usize, read: &'a Read<'a>) -> Self {
        Self { width, height, start: 0, read }
    }

    /// The rgb24 triples of some `columns` of row `y`.
    pub fn row(&self, y: usize, columns: Range<usize>) -> Vec<u8> {
        let mut pixels = vec![0; columns.len() * 3];
        (self.read)(self.start + (y * self.width + columns.start) * 3, &mut pixels);
        pixels
    }
}

/// What reads `bytes`.
pub fn reading(bytes: &[u8]) -> impl Fn(usize, &mut [u8]) {
    move |at, out| out.copy_from_slice(&bytes[at..][..out.len()])
}

//! Reads the NUT container, as ffmpeg writes it for one stream of raw video.
//!
//! A raw pipe has no clock, and a clock on stderr comes apart from its frames; in NUT each frame carries
//! its own time and length. The format is frozen: <https://ffmpeg.org/~michael/nut.txt>.

use super::nut_header::{Code, INVALID, bytes, elided_headers, ensure, frame_codes, invalid, number};
use std::io::{self, Read};

const ID: &[u8; 25] = b"nut/multimedia container\0";
const MAIN: u64 = 0x4E4D_7A56_1F5F_04AD;
const STREAM: u64 = 0x4E53_1140_5BF2_F9DB;
const SYNCPOINT: u64 = 0x4E4B_E4AD_EECA_4569;
const MAX_HEADER: u64 = 64 << 10;
const CHECKSUM: usize = 4;

const END_OF_RELEVANCE: u64 = 2;
const CODED_PTS: u64 = 8;
const STREAM_ID: u64 = 16;
const SIZE_MSB: u64 = 32;
const FRAME_CHECKSUM: u64 = 64;
const RESERVED: u64 = 128;
const SIDE_DATA: u64 = 256;
const HEADER_IDX: u64 = 1024;
const MATCH_TIME: u64 = 2048;
const CODED_FLAGS: u64 = 4096;

/// A stream of rgb24 frames.
pub struct Nut<R> {
    from: R,
    /// The longest side of a frame, in pixels.
    max_side: u32,
    /// Rows that follow each picture and are left out.
    spare_rows: u32,
    /// Of the first frame, once it has been read, without spare rows.
    size: (u32, u32),
    codes: Vec<Code>,
    elided: Vec<Vec<u8>>,
    /// Seconds per tick, as a fraction.
    time_base: (u64, u64),
    msb_shift: u32,
    pts: i64,
}

/// What comes next; times are in µs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A frame of the same size as the first.
    Frame(u64),
    /// One of another size: no more can be read.
    Resized(u64),
    End,
}

impl<R: Read> Nut<R> {
    /// `spare_rows` below each picture tell frames apart that are as large and of another shape.
    pub fn new(from: R, max_side: u32, spare_rows: u32) -> Self {
        let (codes, elided, size) = (Vec::new(), Vec::new(), (0, 0));
        Self { from, max_side, spare_rows, size, codes, elided, time_base: (1, 1), msb_shift: 0, pts: 0 }
    }

    /// Reads the signature, once, before the first frame.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] when nothing was written, [`io::ErrorKind::InvalidData`] if it is no NUT.
    pub fn open(&mut self) -> io::Result<()> {
        let mut id = [0; ID.len()];
        self.from.read_exact(&mut id)?;
        ensure(&id == ID, "no NUT signature")
    }

    /// The next frame, whose pixels are appended to `pixels`.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] for what ffmpeg does not write, and what the reader gives.
    pub fn next_frame(&mut self, pixels: &mut Vec<u8>) -> io::Result<Next> {
        loop {
            let mut first = [0];
            if self.from.read(&mut first)? == 0 {
                return Ok(Next::End);
            }
            match first[0] {
                b'N' => self.packet()?,
                code => {
                    if let Some(next) = self.frame(code, pixels)? {
                        return Ok(next);
                    }
                }
            }
        }
    }

    /// Width and height of the frames; nothing before the first one.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    pub fn into_inner(self) -> R {
        self.from
    }

    fn packet(&mut self) -> io::Result<()> {
        let mut rest = [0; 7];
        self.from.read_exact(&mut rest)?;
        let start = rest.iter().fold(u64::from(b'N'), |code, byte| code << 8 | u64::from(*byte));
        let size = number(&mut self.from)?;
        ensure((CHECKSUM as u64..=MAX_HEADER).contains(&size), "header of a strange size")?;
        if size > 4096 {
            self.from.read_exact(&mut [0; CHECKSUM])?;
        }
        let mut body = vec![0; size as usize];
        self.from.read_exact(&mut body)?;
        let mut body = &body[..body.len() - CHECKSUM];
        match start {
            MAIN => self.main_header(&mut body),
            STREAM => self.stream_header(&mut body),
            SYNCPOINT => number(&mut body).map(|pts| self.pts = pts as i64),
            _ => Ok(()),
        }
    }

    fn main_header(&mut self, body: &mut &[u8]) -> io::Result<()> {
        let version = number(body)?;
        if version > 3 {
            number(body)?;
        }
        let (streams, _max_distance, time_bases) = (number(body)?, number(body)?, number(body)?);
        ensure(streams == 1 && time_bases == 1, "more than one stream")?;
        self.time_base = (number(body)?, number(body)?);
        ensure(self.time_base.1 > 0, "time base of no length")?;
        self.codes = frame_codes(body)?;
        self.elided = elided_headers(body)?;
        Ok(())
    }

    fn stream_header(&mut self, body: &mut &[u8]) -> io::Result<()> {
        let (_id, _class) = (number(body)?, number(body)?);
        bytes(body)?;
        number(body)?;
        self.msb_shift = number(body)? as u32;
        ensure(self.msb_shift < 32, "strange time precision")?;
        let (_max_distance, _delay, _flags) = (number(body)?, number(body)?, number(body)?);
        bytes(body)?;
        let side = |number: u64| u32::try_from(number).ok().filter(|side| (1..=self.max_side).contains(side));
        let (width, rows) = (number(body)?, number(body)?.saturating_sub(self.spare_rows.into()));
        self.size = side(width).zip(side(rows)).ok_or_else(|| invalid("frames of a strange size"))?;
        Ok(())
    }

    fn frame(&mut self, code: u8, pixels: &mut Vec<u8>) -> io::Result<Option<Next>> {
        let code = *self.codes.get(usize::from(code)).ok_or_else(|| invalid("frame before its header"))?;
        let from = &mut self.from;
        let flags = code.flags ^ if code.flags & CODED_FLAGS > 0 { number(from)? } else { 0 };
        ensure(flags & (INVALID | SIDE_DATA) == 0, "frame of an unknown kind")?;
        let mut field = |flag, without| if flags & flag > 0 { number(from) } else { Ok(without) };
        field(STREAM_ID, 0)?;
        let coded_pts = field(CODED_PTS, u64::MAX)?;
        let size = code.size_mul.saturating_mul(field(SIZE_MSB, 0)?).saturating_add(code.size_lsb);
        field(MATCH_TIME, 0)?;
        let header = field(HEADER_IDX, code.header)?;
        for _ in 0..field(RESERVED, code.reserved)?.min(MAX_HEADER) {
            number(from)?;
        }
        if flags & FRAME_CHECKSUM > 0 {
            from.read_exact(&mut [0; CHECKSUM])?;
        }
        self.pts =
            if flags & CODED_PTS > 0 { self.full_pts(coded_pts) } else { self.pts.saturating_add(code.pts_delta) };
        if flags & END_OF_RELEVANCE > 0 && size == 0 {
            return Ok(None);
        }
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        if size != (width * (height + self.spare_rows as usize) * 3) as u64 {
            return Ok(Some(Next::Resized(self.time_us())));
        }
        let start = pixels.len();
        self.read_pixels(size as usize, header, pixels)?;
        pixels.truncate(start + width * height * 3);
        Ok(Some(Next::Frame(self.time_us())))
    }

    fn read_pixels(&mut self, size: usize, header: u64, pixels: &mut Vec<u8>) -> io::Result<()> {
        let elided = if size > 4096 { None } else { self.elided.get(header as usize) };
        let elided = elided.map_or(&[][..], Vec::as_slice);
        ensure(elided.len() <= size, "frame shorter than its header")?;
        pixels.extend_from_slice(elided);
        let rest = (size - elided.len()) as u64;
        let read = self.from.by_ref().take(rest).read_to_end(pixels)?;
        if read as u64 == rest { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// The time whose low bits are coded, nearest to the last one; or one written in full.
    fn full_pts(&self, coded: u64) -> i64 {
        let span = 1i64 << self.msb_shift;
        let coded = i64::try_from(coded).unwrap_or(i64::MAX);
        if coded >= span {
            return coded - span;
        }
        let low = self.pts.wrapping_sub((span - 1) / 2);
        (coded.wrapping_sub(low) & (span - 1)).wrapping_add(low)
    }

    fn time_us(&self) -> u64 {
        let (num, den) = self.time_base;
        let us = (u128::from(self.pts.max(0) as u64) * u128::from(num)).saturating_mul(1_000_000) / u128::from(den);
        u64::try_from(us).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::{config, hostile};
    use proptest::prelude::*;

    fn frames(file: &[u8]) -> io::Result<(Vec<u64>, Vec<u8>)> {
        let (mut times, mut pixels) = (Vec::new(), Vec::new());
        let mut nut = Nut::new(file, 4, 0);
        nut.open()?;
        while let Next::Frame(time) = nut.next_frame(&mut pixels)? {
            times.push(time);
        }
        Ok((times, pixels))
    }

    const RECORDED: &[u8] = include_bytes!("../../../fixtures/nut/black-white-black.nut");

    #[test]
    fn reads_what_ffmpeg_wrote() {
        let (times, pixels) = frames(RECORDED).unwrap();
        assert_eq!(times, [1_000_000, 1_033_333, 1_500_001]);
        assert_eq!(pixels, [[0; 24], [255; 24], [0; 24]].concat());
    }

    #[test]
    fn times_without_bounds_do_not_overflow() {
        let mut nut = Nut::new(RECORDED, 4, 0);
        nut.open().unwrap();
        (nut.pts, nut.time_base) = (i64::MAX, (u64::MAX, 1));
        assert_eq!(nut.time_us(), u64::MAX);
        nut.codes.iter_mut().for_each(|code| code.pts_delta = i64::MAX);
        while nut.next_frame(&mut Vec::new()).is_ok_and(|next| next != Next::End) {}
    }

    proptest! {
        #![proptest_config(config(256))]

        #[test]
        fn no_damage_crashes_the_reader(bytes in hostile(vec![RECORDED.to_vec()])) {
            let _ = frames(&bytes);
        }
    }
}

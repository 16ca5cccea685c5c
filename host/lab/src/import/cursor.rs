//! Reading a pickle's bytes, little by little and never past the end.

use super::error::{Result, unreadable};

pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.at
    }

    pub fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(count).filter(|&end| end <= self.bytes.len());
        let Some(end) = end else { return unreadable("its pickle ends too early") };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned little-endian number of `width` (at most 8) bytes.
    pub fn unsigned(&mut self, width: usize) -> Result<u64> {
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(self.take(width)?);
        Ok(u64::from_le_bytes(bytes))
    }

    pub fn i32(&mut self) -> Result<i64> {
        Ok((self.unsigned(4)? as u32 as i32).into())
    }

    pub fn float(&mut self) -> Result<f64> {
        Ok(f64::from_bits(self.unsigned(8)?.swap_bytes()))
    }

    /// Bytes behind a length of `width` bytes.
    pub fn counted(&mut self, width: usize) -> Result<&'a [u8]> {
        let count = self.unsigned(width)?;
        self.take(usize::try_from(count).unwrap_or(usize::MAX))
    }

    pub fn text(&mut self, width: usize) -> Result<String> {
        Ok(String::from_utf8_lossy(self.counted(width)?).into_owned())
    }

    /// Text up to the end of the line, which is eaten.
    pub fn line(&mut self) -> Result<String> {
        let length = self.bytes[self.at..].iter().position(|&byte| byte == b'\n').unwrap_or(usize::MAX - self.at);
        let line = self.take(length)?;
        self.take(1)?;
        Ok(String::from_utf8_lossy(line).into_owned())
    }

    /// A signed number of any length; `None` where it does not fit 64 bits.
    pub fn long(&mut self, width: usize) -> Result<Option<i64>> {
        let bytes = self.counted(width)?;
        let negative = bytes.last().is_some_and(|&last| last & 0x80 != 0);
        let mut whole = [if negative { 0xff } else { 0 }; 8];
        let Some(low) = whole.get_mut(..bytes.len()) else { return Ok(None) };
        low.copy_from_slice(bytes);
        Ok(Some(i64::from_le_bytes(whole)))
    }
}

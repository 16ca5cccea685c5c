//! The tables in a NUT file's main header, and the numbers that they are made of.

use std::io::{self, ErrorKind, Read};

/// Flag of a code that begins no frame.
pub const INVALID: u64 = 8192;
const MAX_RESERVED: u64 = 1 << 10;

/// What one frame code stands for.
#[derive(Clone, Copy, Default)]
pub struct Code {
    pub flags: u64,
    pub pts_delta: i64,
    pub size_mul: u64,
    pub size_lsb: u64,
    pub reserved: u64,
    pub header: u64,
}

/// The 256 frame codes, written as runs of like codes.
pub fn frame_codes(body: &mut &[u8]) -> io::Result<Vec<Code>> {
    let mut codes = Vec::with_capacity(256);
    let mut next = Code { size_mul: 1, ..Code::default() };
    while codes.len() < 256 {
        next.flags = number(body)?;
        let fields = number(body)?;
        let mut field = |at, without| if fields > at { number(body) } else { Ok(without) };
        next.pts_delta = field(0, zigzag(next.pts_delta)).map(signed)?;
        next.size_mul = field(1, next.size_mul)?;
        field(2, 0)?;
        let size = field(3, 0)?;
        next.reserved = field(4, 0)?;
        let count = field(5, next.size_mul.saturating_sub(size))?;
        field(6, 0)?;
        next.header = field(7, next.header)?;
        for at in 8..fields.min(MAX_RESERVED) {
            field(at, 0)?;
        }
        append_codes(&mut codes, next, size, count)?;
    }
    Ok(codes)
}

/// `count` codes for sizes from `size` on; the code `N` is never one, since packets begin with it.
fn append_codes(codes: &mut Vec<Code>, next: Code, size: u64, count: u64) -> io::Result<()> {
    ensure(count > 0, "frame codes without end")?;
    for lsb in 0..count.min(256) {
        if codes.len() == usize::from(b'N') {
            codes.push(Code { flags: INVALID, ..Code::default() });
        }
        if codes.len() < 256 {
            codes.push(Code { size_lsb: size.saturating_add(lsb), ..next });
        }
    }
    Ok(())
}

/// Bytes that small frames leave out because they begin with them; the first entry is none.
pub fn elided_headers(body: &mut &[u8]) -> io::Result<Vec<Vec<u8>>> {
    let count = if body.is_empty() { 0 } else { number(body)? };
    ensure(count < 128, "too many elided headers")?;
    (0..=count).map(|i| if i == 0 { Ok(Vec::new()) } else { bytes(body) }).collect()
}

pub fn number(from: &mut impl Read) -> io::Result<u64> {
    let (mut value, mut byte) = (0u64, [0x80]);
    while byte[0] & 0x80 > 0 {
        from.read_exact(&mut byte)?;
        ensure(value >> 57 == 0, "number too long")?;
        value = value << 7 | u64::from(byte[0] & 0x7f);
    }
    Ok(value)
}

pub fn bytes(body: &mut &[u8]) -> io::Result<Vec<u8>> {
    let size = usize::try_from(number(body)?).unwrap_or(usize::MAX);
    let (taken, rest) = body.split_at_checked(size).ok_or_else(|| invalid("field past the end"))?;
    *body = rest;
    Ok(taken.to_vec())
}

/// 0, 1, 2, 3, 4 … → 0, 1, -1, 2, -2 …
fn signed(value: u64) -> i64 {
    let half = (value >> 1) as i64;
    if value & 1 > 0 { half.saturating_add(1) } else { -half }
}

fn zigzag(value: i64) -> u64 {
    if value > 0 { value as u64 * 2 - 1 } else { value.unsigned_abs().saturating_mul(2) }
}

pub fn ensure(holds: bool, why: &'static str) -> io::Result<()> {
    if holds { Ok(()) } else { Err(invalid(why)) }
}

pub fn invalid(why: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_signed_as_the_format_says() {
        assert_eq!([0, 1, 2, 3, 4].map(signed), [0, 1, -1, 2, -2]);
        assert!((-5..5).all(|value| signed(zigzag(value)) == value));
        assert_eq!((signed(u64::MAX), zigzag(i64::MIN)), (i64::MAX, u64::MAX));
    }
}

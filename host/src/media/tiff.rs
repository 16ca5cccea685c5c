//! The directories of a TIFF file, which are also those of EXIF: tags without pixels.
//!
//! TIFF 6.0, section 2: <https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf>.

use std::io::{self, Read, Seek, SeekFrom};

const MAX_ENTRIES: u16 = 1024;
const MAX_DIRECTORIES: usize = 1000;

/// Tags of one directory whose first value is a whole number, or of bytes, where they lie: `(tag, value)`.
pub type Directory = Vec<(u16, u32)>;

/// The directories of a TIFF in their order, 1000 at most; none if `from`, at `start`, is no TIFF. What is broken ends
/// the list.
pub fn directories(from: &mut (impl Read + Seek), start: u64) -> Vec<Directory> {
    let mut found = Vec::new();
    let Ok((little, mut next)) = header(from, start) else { return found };
    let mut seen = Vec::new();
    while next != 0 && found.len() < MAX_DIRECTORIES && !seen.contains(&next) {
        seen.push(next);
        let Ok((directory, then)) = directory(from, start + u64::from(next), little) else { break };
        found.push(directory);
        next = then;
    }
    found
}

/// The first value of `tag`.
pub fn value(directory: &Directory, tag: u16) -> Option<u32> {
    directory.iter().find(|(name, _)| *name == tag).map(|(_, value)| *value)
}

/// `count` records of four numbers of 32 bits that lie `at` bytes after the start of a TIFF.
pub fn records(from: &mut (impl Read + Seek), start: u64, at: u32, count: u32) -> io::Result<Vec<[u32; 4]>> {
    let (little, _) = header(from, start)?;
    from.seek(SeekFrom::Start(start + u64::from(at)))?;
    let record = |bytes: [u8; 16]| [0, 4, 8, 12].map(|at| long(little, std::array::from_fn(|nth| bytes[at + nth])));
    (0..count).map(|_| take(from).map(record)).collect()
}

/// Whether it is little-endian, and where the first directory lies.
fn header(from: &mut (impl Read + Seek), start: u64) -> io::Result<(bool, u32)> {
    from.seek(SeekFrom::Start(start))?;
    let head = take::<8>(from)?;
    match &head[..4] {
        b"II*\0" => Ok((true, long(true, [head[4], head[5], head[6], head[7]]))),
        b"MM\0*" => Ok((false, long(false, [head[4], head[5], head[6], head[7]]))),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn directory(from: &mut (impl Read + Seek), at: u64, little: bool) -> io::Result<(Directory, u32)> {
    from.seek(SeekFrom::Start(at))?;
    let count = short(little, take(from)?);
    if count > MAX_ENTRIES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut entries = Vec::new();
    for _ in 0..count {
        let [t0, t1, k0, k1, _, _, _, _, v0, v1, v2, v3] = take(from)?;
        match short(little, [k0, k1]) {
            1 => entries.push((short(little, [t0, t1]), u32::from(v0))),
            3 => entries.push((short(little, [t0, t1]), u32::from(short(little, [v0, v1])))),
            4 | 7 => entries.push((short(little, [t0, t1]), long(little, [v0, v1, v2, v3]))),
            _ => {}
        }
    }
    Ok((entries, take(from).map_or(0, |next| long(little, next))))
}

fn take<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn short(little: bool, bytes: [u8; 2]) -> u16 {
    if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
}

fn long(little: bool, bytes: [u8; 4]) -> u32 {
    if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::{config, hostile};
    use proptest::prelude::*;
    use std::io::Cursor;

    const ONE_TAG: &[u8] = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x08\0\0\0";

    #[test]
    fn reads_tags_and_ends_a_circle() {
        let found = directories(&mut Cursor::new(ONE_TAG), 0);
        assert_eq!(found, [vec![(0x112, 6)]]);
        assert_eq!(directories(&mut Cursor::new(b"no TIFF at all"), 0), Vec::<Directory>::new());
    }

    proptest! {
        #![proptest_config(config(256))]

        #[test]
        fn no_damage_crashes_the_reader(bytes in hostile(vec![ONE_TAG.to_vec()]), at: u32, count in 0u32..1000) {
            directories(&mut Cursor::new(&bytes), 0);
            directories(&mut Cursor::new([&ONE_TAG[..8], &bytes[..]].concat()), 0);
            let _ = records(&mut Cursor::new(&bytes), 0, at % 64, count);
        }
    }
}

//! Where the files begin that were joined to one (`cat a.mkv b.mkv`): players go on with the second, or never show it.

use std::io::{self, Read, Seek, SeekFrom};

/// Recordings that are looked for.
const MAX_RECORDINGS: usize = 8;
/// Boxes, tags or pages that are walked over.
const MAX_STEPS: usize = 1_000_000;

/// Bytes that tell what stands at a place: the longest header of an Ogg page. Fewer than the least tell nothing.
const HEAD: usize = 27 + 255;
const LEAST: usize = 12;
const EBML: u64 = 0x1A45_DFA3;
const ASF_HEADER: [u8; 4] = [0x30, 0x26, 0xB2, 0x75];
/// Bytes of a file, from the first to the one after the last; the last is 0 for the end of the file.
pub type Bytes = (u64, u64);

/// One step over a container: the length of what stands here, and whether a file begins with it.
struct Step {
    length: u64,
    begins: bool,
}

/// Whether a file has begun, or has more than its beginning, is kept from one step to the next.
type Walk = fn(&[u8; HEAD], &mut bool) -> Option<Step>;

/// The files that `from` is made of, in their order and eight at most: one, unless it was joined.
pub fn recordings(from: &mut (impl Read + Seek)) -> Vec<Bytes> {
    let begins = beginnings(from).unwrap_or(vec![0]);
    let ends = begins.iter().skip(1).copied().chain([0]);
    begins.iter().copied().zip(ends).collect()
}

fn beginnings(from: &mut (impl Read + Seek)) -> io::Result<Vec<u64>> {
    let mut found = vec![0];
    let mut head = [0; HEAD];
    let (mut at, mut inside) = (0u64, false);
    fill(from, at, &mut head)?;
    let Some(walk) = walk(&head) else { return Ok(found) };
    for _ in 0..MAX_STEPS {
        let Some(step) = walk(&head, &mut inside).filter(|step| step.length > 0) else { break };
        if step.begins && at > 0 {
            found.push(at);
        }
        at = at.saturating_add(step.length);
        if found.len() == MAX_RECORDINGS || fill(from, at, &mut head)? < LEAST {
            break;
        }
    }
    Ok(found)
}

/// How to walk over the container that begins so; none for those that cannot be walked, or join themselves.
fn walk(head: &[u8; HEAD]) -> Option<Walk> {
    match head {
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(matroska),
        [b'F', b'L', b'V', ..] => Some(flash),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' ', ..] => Some(avi),
        [b'O', b'g', b'g', b'S', ..] => Some(ogg),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(mp4),
        _ if head.starts_with(&ASF_HEADER) => Some(asf),
        _ => None,
    }
}

/// Reads what stands at `at`, with zeros after the end of the file; gives the number of bytes read.
fn fill(from: &mut (impl Read + Seek), at: u64, head: &mut [u8; HEAD]) -> io::Result<usize> {
    from.seek(SeekFrom::Start(at))?;
    let mut found = Vec::with_capacity(HEAD);
    let read = from.take(HEAD as u64).read_to_end(&mut found)?;
    *head = [0; HEAD];
    head[..read].copy_from_slice(&found);
    Ok(read)
}

fn big(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Elements; those of unknown length are entered. RFC 8794.
fn matroska(head: &[u8; HEAD], _: &mut bool) -> Option<Step> {
    let id_bytes = head[0].leading_zeros() as usize + 1;
    let size_bytes = head[id_bytes.min(4)].leading_zeros() as usize + 1;
    if id_bytes > 4 || size_bytes > 8 {
        return None;
    }
    let (id, rest) = (big(&head[..id_bytes]), &head[id_bytes..]);
    let mask = (1u64 << (7 * size_bytes)) - 1;
    let size = big(&rest[..size_bytes]) & mask;
    let body = if size == mask { 0 } else { size };
    Some(Step { length: ((id_bytes + size_bytes) as u64).saturating_add(body), begins: id == EBML })
}

/// Tags, each with the length of the one before; the header is another kind of tag.
fn flash(head: &[u8; HEAD], _: &mut bool) -> Option<Step> {
    match head {
        [b'F', b'L', b'V', 1, ..] => Some(Step { length: big(&head[5..9]).saturating_add(4), begins: true }),
        [8 | 9 | 18, ..] => Some(Step { length: 11 + big(&head[1..4]) + 4, begins: false }),
        _ => None,
    }
}

/// Chunks of a RIFF; `AVIX` goes on with the one before.
fn avi(head: &[u8; HEAD], _: &mut bool) -> Option<Step> {
    let size = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
    let begins = head.starts_with(b"RIFF") && &head[8..12] == b"AVI ";
    Some(Step { length: 8 + size.next_multiple_of(2), begins })
}

/// Pages; the streams of one file begin before any goes on. RFC 3533.
fn ogg(head: &[u8; HEAD], inside: &mut bool) -> Option<Step> {
    if !head.starts_with(b"OggS") {
        return None;
    }
    let lengths = &head[27..27 + usize::from(head[26])];
    let length = 27 + lengths.len() as u64 + lengths.iter().map(|length| u64::from(*length)).sum::<u64>();
    let first_page = head[5] & 2 > 0;
    let begins = first_page && *inside;
    *inside = !first_page;
    Some(Step { length, begins })
}

/// Objects, each with its length in little-endian.
fn asf(head: &[u8; HEAD], _: &mut bool) -> Option<Step> {
    let length = head[16..24].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
    Some(Step { length, begins: head.starts_with(&ASF_HEADER) })
}

/// Boxes; a second `ftyp` after a `moov` begins another file.
fn mp4(head: &[u8; HEAD], inside: &mut bool) -> Option<Step> {
    let length = match big(&head[..4]) {
        1 => big(&head[8..16]),
        length => length,
    };
    let begins = &head[4..8] == b"ftyp" && *inside;
    *inside = (*inside && !begins) || &head[4..8] == b"moov";
    (length >= 8).then_some(Step { length, begins })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::{config, hostile};
    use proptest::prelude::*;
    use std::io::Cursor;

    const MKV: &[u8] = b"\x1a\x45\xdf\xa3\x83abc\x18\x53\x80\x67\x84\x1f\x43\xb6\x75";
    /// A segment and a cluster of unknown length, as recordings of browsers have them.
    const LIVE: &[u8] =
        b"\x1a\x45\xdf\xa3\x83abc\x18\x53\x80\x67\xff\x1f\x43\xb6\x75\xff\xe7\x81\x00\xa3\x84\x81\0\0\x80";
    const FLV: &[u8] = b"FLV\x01\x05\0\0\0\x09\0\0\0\0\x09\0\0\x02\0\0\0\0\0\0\0ab\0\0\0\x0d";
    const AVI: &[u8] = b"RIFF\x08\0\0\0AVI abcdRIFF\x08\0\0\0AVIXabcd";
    const MP4: &[u8] = b"\0\0\0\x0cftypisom\0\0\0\x09moov.\0\0\0\x0cmdatabcd";
    const ASF: &[u8] = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c\x1a\0\0\0\0\0\0\0ab";

    fn page(flags: u8) -> Vec<u8> {
        [&b"OggS\0"[..], &[flags], &[0; 20], &[1, 3], b"abc"].concat()
    }

    fn valid() -> Vec<Vec<u8>> {
        let ogg = [page(2), page(2), page(0)].concat();
        let files = [MKV, LIVE, FLV, AVI, MP4, ASF, &ogg];
        files.iter().map(|file| file.to_vec()).collect()
    }

    #[test]
    fn joined_files_are_told_apart() {
        for file in valid() {
            let length = file.len() as u64;
            assert_eq!(recordings(&mut Cursor::new(&file)), [(0, 0)]);
            let three = recordings(&mut Cursor::new(file.repeat(3)));
            assert_eq!(three, [(0, length), (length, 2 * length), (2 * length, 0)], "{}", file.escape_ascii());
        }
        assert_eq!(recordings(&mut Cursor::new(b"")), [(0, 0)]);
    }

    proptest! {
        #![proptest_config(config(256))]

        #[test]
        fn no_container_crashes_the_reader(bytes in hostile(valid())) {
            let found = recordings(&mut Cursor::new(&bytes));
            prop_assert!(found.len() <= MAX_RECORDINGS && found.iter().all(|(from, _)| *from <= bytes.len() as u64));
        }
    }
}

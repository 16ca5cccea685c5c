//! What a HEIF file (HEIC, AVIF) says of its primary picture: ISO/IEC 23008-12.

use std::io::{self, Read, Seek, SeekFrom};

const MAX_META: u64 = 4 << 20;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Primary {
    /// Such as `hvc1`, `av01`; `grid` when it is put together from tiles.
    pub kind: [u8; 4],
    /// As EXIF counts it, 1 to 8.
    pub orientation: u8,
}

/// The primary picture; none where `from` has none.
pub fn primary(from: &mut (impl Read + Seek)) -> Option<Primary> {
    let meta = meta(from).ok()??;
    let meta = meta.get(4..)?;
    let id = item_id(find(meta, b"pitm")?)?;
    let kind = items(find(meta, b"iinf")?).find(|(item, _)| *item == id)?.1;
    let properties = find(meta, b"iprp").map(|iprp| properties(iprp, id)).unwrap_or_default();
    let first = |name: &[u8; 4]| properties.iter().find(|(kind, _)| kind == name).and_then(|(_, body)| body.first());
    Some(Primary { kind, orientation: orientation(first(b"irot").map(|b| b & 3), first(b"imir").map(|b| b & 1)) })
}

/// Quarter turns anticlockwise, then a mirror: top with bottom (0) or left with right (1).
fn orientation(turns: Option<u8>, mirror: Option<u8>) -> u8 {
    match (turns.unwrap_or(0), mirror) {
        (0, None) => 1,
        (1, None) => 8,
        (2, None) => 3,
        (_, None) => 6,
        (0, Some(0)) | (2, Some(1)) => 4,
        (0, Some(_)) | (2, Some(_)) => 2,
        (1, Some(0)) | (3, Some(1)) => 5,
        (_, Some(_)) => 7,
    }
}

/// The body of the `meta` box at the top of the file.
fn meta(from: &mut (impl Read + Seek)) -> io::Result<Option<Vec<u8>>> {
    from.seek(SeekFrom::Start(0))?;
    let mut at = 0u64;
    for nth in 0..16 {
        let mut head = [0; 8];
        from.read_exact(&mut head)?;
        let size = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let kind = &head[4..];
        if (nth == 0) != (kind == b"ftyp") || size < 8 {
            return Ok(None);
        }
        if kind == b"meta" {
            let mut body = Vec::new();
            from.take((size - 8).min(MAX_META)).read_to_end(&mut body)?;
            return Ok(Some(body));
        }
        at += size;
        from.seek(SeekFrom::Start(at))?;
    }
    Ok(None)
}

/// The boxes that follow one another in `bytes`.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let size = number(bytes, 0, 4)? as usize;
        let (kind, body) = (bytes.get(4..8)?.try_into().ok()?, bytes.get(8..size)?);
        bytes = &bytes[size..];
        Some((kind, body))
    })
}

fn find<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find(|(kind, _)| kind == name).map(|(_, body)| body)
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + length)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

fn item_id(pitm: &[u8]) -> Option<u32> {
    number(pitm, 4, if *pitm.first()? == 0 { 2 } else { 4 })
}

/// Ids and kinds of all items.
fn items(iinf: &[u8]) -> impl Iterator<Item = (u32, [u8; 4])> {
    let entries = iinf.get(if iinf.first() == Some(&0) { 6 } else { 8 }..).unwrap_or_default();
    boxes(entries).filter(|(kind, _)| kind == b"infe").filter_map(|(_, infe)| {
        let width = if *infe.first()? == 2 { 2 } else { 4 };
        Some((number(infe, 4, width)?, infe.get(6 + width..10 + width)?.try_into().ok()?))
    })
}

/// The properties of one item.
fn properties(iprp: &[u8], id: u32) -> Vec<([u8; 4], &[u8])> {
    let all: Vec<_> = find(iprp, b"ipco").into_iter().flat_map(boxes).collect();
    let links = boxes(iprp).filter(|(kind, _)| kind == b"ipma");
    let indices = links.filter_map(|(_, ipma)| associations(ipma, id)).flatten();
    indices.filter_map(|index| all.get((index as usize).checked_sub(1)?).copied()).collect()
}

/// Numbers, from 1, of the properties that `ipma` gives an item.
fn associations(ipma: &[u8], id: u32) -> Option<Vec<u32>> {
    let id_width = if *ipma.first()? == 0 { 2 } else { 4 };
    let (width, mask) = if ipma.get(3)? & 1 == 1 { (2, 0x7fff) } else { (1, 0x7f) };
    let mut at = 8;
    for _ in 0..number(ipma, 4, 4)? {
        let item = number(ipma, at, id_width)?;
        let count = usize::from(*ipma.get(at + id_width)?);
        at += id_width + 1;
        if item == id {
            return (0..count).map(|nth| number(ipma, at + nth * width, width).map(|link| link & mask)).collect();
        }
        at += count * width;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::{config, hostile};
    use proptest::prelude::*;
    use std::io::Cursor;

    const AVIF: &[u8] = include_bytes!("../../../fixtures/media/portrait.avif");

    #[test]
    fn finds_the_primary_picture() {
        let upright = Primary { kind: *b"av01", orientation: 1 };
        assert_eq!(primary(&mut Cursor::new(AVIF)), Some(upright));
        assert_eq!(primary(&mut Cursor::new(b"\0\0\0\x08moov")), None);
    }

    proptest! {
        #![proptest_config(config(256))]

        #[test]
        fn no_damage_crashes_the_reader(bytes in hostile(vec![AVIF[..400].to_vec()])) {
            primary(&mut Cursor::new(&bytes));
        }
    }
}

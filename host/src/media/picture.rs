//! What a picture's file says of how to display it, and ffmpeg does not heed.

use super::{heif, tiff};
use std::io::{self, Read, Seek, SeekFrom};

const ORIENTATION: u16 = 274;
const NEW_SUBFILE_TYPE: u16 = 254;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const DNG_VERSION: u16 = 50706;
/// The index of a JPEG with several pictures: CIPA DC-007.
const MP_COUNT: u16 = 0xb001;
const MP_ENTRIES: u16 = 0xb002;
const MAX_MP: u32 = 1000;
/// What the beginning of a gain map says: it is no picture, but how bright another one may become.
const GAIN_MAP: [&[u8]; 3] = [b"hdrgm:", b"HDRGainMap", b"iso:ts:21496"];
const GAIN_MAP_HEAD: u64 = 16 << 10;
/// Chunks before the one with EXIF.
const MAX_CHUNKS: usize = 100_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// As EXIF counts it, 1 to 8.
    pub orientation: u8,
    /// Pages of a TIFF, views of a JPEG (MPO), else 1.
    pub pictures: u32,
    /// A JPEG that shows the whole picture coarsely before any of it is sharp.
    pub progressive: bool,
    /// Why ffmpeg would give another picture than the file's.
    pub refused: Option<&'static str>,
}

/// Reads the file's own words: EXIF in PNG, WebP and TIFF, and the properties of AVIF and HEIC. JPEG's orientation is
/// ffmpeg's to read.
pub fn examine(file: &mut (impl Read + Seek)) -> Picture {
    let mut head = [0; 12];
    let _ = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_exact(&mut head));
    let exif =
        |directories: Vec<tiff::Directory>| oriented(directories.first().and_then(|d| tiff::value(d, ORIENTATION)));
    match &head {
        [0x89, b'P', b'N', b'G', ..] => exif(png_exif(file).map_or(vec![], |at| tiff::directories(file, at))),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => {
            exif(webp_exif(file).map_or(vec![], |at| tiff::directories(file, at)))
        }
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => pages(&tiff::directories(file, 0)),
        [0xff, 0xd8, 0xff, ..] => {
            let progressive = jpeg_segment(file, |kind, _| kind == 0xc2).is_ok();
            Picture { pictures: views(file).unwrap_or(1), progressive, ..oriented(None) }
        }
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => of_heif(file),
        _ => oriented(None),
    }
}

fn oriented(orientation: Option<u32>) -> Picture {
    let known = orientation.filter(|it| (1..=8).contains(it)).unwrap_or(1);
    Picture { orientation: known as u8, pictures: 1, progressive: false, refused: None }
}

fn pages(directories: &[tiff::Directory]) -> Picture {
    let Some(first) = directories.first() else { return oriented(None) };
    let value = |tag| tiff::value(first, tag);
    let reduced =
        |directory: &tiff::Directory| tiff::value(directory, NEW_SUBFILE_TYPE).is_some_and(|kind| kind & 1 == 1);
    let raw =
        value(DNG_VERSION).is_some() || [Some(32803), Some(34892)].contains(&value(PHOTOMETRIC)) || reduced(first);
    let refused = match value(COMPRESSION) {
        _ if raw => Some("it is a camera's raw file, which needs developing; save the picture as JPEG, PNG or TIFF"),
        Some(6 | 7) => {
            Some("ffmpeg cannot decode JPEG within TIFF; save it as JPEG or PNG, or as TIFF with LZW compression")
        }
        _ => None,
    };
    let pictures = directories.iter().filter(|directory| !reduced(directory)).count().max(1);
    Picture { pictures: pictures as u32, refused, ..oriented(value(ORIENTATION)) }
}

fn of_heif(file: &mut (impl Read + Seek)) -> Picture {
    let Some(primary) = heif::primary(file) else { return oriented(None) };
    let tiles = "its picture is made of tiles, which ffmpeg does not put together; convert it to JPEG \
        (Debian: apt install libheif-examples, then heif-convert)";
    let refused = [*b"grid", *b"iovl"].contains(&primary.kind).then_some(tiles);
    Picture { refused, ..oriented(Some(primary.orientation.into())) }
}

/// How many pictures of a JPEG can be seen each on its own: thumbnails and gain maps are none.
fn views(file: &mut (impl Read + Seek)) -> io::Result<u32> {
    let start = 4 + jpeg_segment(file, |kind, name| kind == 0xe2 && name == b"MPF\0")?;
    let directories = tiff::directories(file, start);
    let value = |tag| directories.first().and_then(|directory| tiff::value(directory, tag)).unwrap_or(0);
    let entries = tiff::records(file, start, value(MP_ENTRIES), value(MP_COUNT).min(MAX_MP))?;
    let mut seen = 0;
    for [kind, _, at, _] in entries {
        let thumbnail = kind >> 16 & 0xff == 1;
        // The first picture may say that there is a gain map.
        seen += u32::from(!thumbnail && (at == 0 || !is_gain_map(file, start + u64::from(at))?));
    }
    Ok(seen.max(1))
}

fn is_gain_map(file: &mut (impl Read + Seek), at: u64) -> io::Result<bool> {
    file.seek(SeekFrom::Start(at))?;
    let mut head = Vec::new();
    file.take(GAIN_MAP_HEAD).read_to_end(&mut head)?;
    Ok(GAIN_MAP.iter().any(|words| head.windows(words.len()).any(|window| window == *words)))
}

/// Where the body begins of the first segment of a JPEG that is `wanted`, by its kind and first bytes.
fn jpeg_segment(file: &mut (impl Read + Seek), wanted: impl Fn(u8, &[u8; 4]) -> bool) -> io::Result<u64> {
    let mut at = 2;
    find_chunk(file, |file| {
        file.seek(SeekFrom::Start(at))?;
        let [mark, kind, a, b, name @ ..] = read::<8>(file)?;
        if mark != 0xff || kind == 0xda {
            return Err(io::ErrorKind::NotFound.into());
        }
        let body = at + 4;
        at += 2 + u64::from(u16::from_be_bytes([a, b]));
        Ok(wanted(kind, &name).then_some(body))
    })
}

/// Where EXIF begins in a PNG.
fn png_exif(file: &mut (impl Read + Seek)) -> io::Result<u64> {
    let mut at = 8;
    find_chunk(file, |file| {
        file.seek(SeekFrom::Start(at))?;
        let [a, b, c, d, kind @ ..] = read::<8>(file)?;
        let body = at + 8;
        at = body + u64::from(u32::from_be_bytes([a, b, c, d])) + 4;
        Ok((&kind == b"eXIf").then_some(body))
    })
}

/// Where EXIF begins in a WebP; some writers keep JPEG's `Exif\0\0` before it.
fn webp_exif(file: &mut (impl Read + Seek)) -> io::Result<u64> {
    let mut at = 12;
    find_chunk(file, |file| {
        file.seek(SeekFrom::Start(at))?;
        let [k0, k1, k2, k3, a, b, c, d] = read::<8>(file)?;
        let body = at + 8;
        at = body + u64::from(u32::from_le_bytes([a, b, c, d])).next_multiple_of(2);
        if &[k0, k1, k2, k3] != b"EXIF" {
            return Ok(None);
        }
        Ok(Some(if &read::<6>(file)? == b"Exif\0\0" { body + 6 } else { body }))
    })
}

fn find_chunk<F>(file: &mut F, mut next: impl FnMut(&mut F) -> io::Result<Option<u64>>) -> io::Result<u64> {
    for _ in 0..MAX_CHUNKS {
        if let Some(at) = next(file)? {
            return Ok(at);
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

fn read<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The filters that display a picture of this orientation; empty for 1.
pub fn turn(orientation: u8) -> &'static [&'static str] {
    match orientation {
        2 => &["hflip"],
        3 => &["hflip", "vflip"],
        4 => &["vflip"],
        5 => &["transpose=cclock_flip"],
        6 => &["transpose=clock"],
        7 => &["transpose=clock_flip"],
        8 => &["transpose=cclock"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::{config, hostile};
    use proptest::prelude::*;
    use std::io::Cursor;

    /// As short as they can be: each says how it is turned, the JPEG that it has two views.
    fn pictures() -> Vec<Vec<u8>> {
        let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let views =
            b"MM\0*\0\0\0\x08\0\x02\xb0\x01\0\x04\0\0\0\x01\0\0\0\x02\xb0\x02\0\x07\0\0\0\x20\0\0\0\x26\0\0\0\0";
        let entries = [[0, 3, 0, 0], [0, 0, 0, 0]].map(|kind| [&kind[..], &[0; 12]].concat()).concat();
        vec![
            [&b"\x89PNG\r\n\x1a\n\0\0\0\x01IHDR.\0\0\0\0\0\0\0\x1aeXIf"[..], exif].concat(),
            [&b"RIFF\0\0\0\0WEBPEXIF\x20\0\0\0Exif\0\0"[..], exif].concat(),
            exif.to_vec(),
            [&b"\xff\xd8\xff\xe0\0\x03.\xff\xe2\0\x4cMPF\0"[..], views, &entries].concat(),
        ]
    }

    #[test]
    fn pictures_say_how_they_are_turned_and_how_many_they_are() {
        let found: Vec<Picture> = pictures().iter().map(|bytes| examine(&mut Cursor::new(bytes))).collect();
        assert!(found[..3].iter().all(|picture| (picture.orientation, picture.pictures) == (6, 1)), "{found:?}");
        assert_eq!((found[3].orientation, found[3].pictures), (1, 2));
    }

    proptest! {
        #![proptest_config(config(256))]

        #[test]
        fn no_picture_crashes_its_reader(bytes in hostile(pictures())) {
            examine(&mut Cursor::new(&bytes));
        }
    }
}

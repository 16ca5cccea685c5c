//! Formats that Veritag does not read, by their first bytes, so that it can name them.

use std::io::Read;

const SAVE_PICTURE: &str = "save it as JPEG, PNG or TIFF";
const SAVE_VIDEO: &str = "save it as MP4 or Matroska";
const DEVELOP: &str = "develop it and save the picture as JPEG, PNG or TIFF";
const HEAD: u64 = 64;

/// Where the bytes lie, the bytes, what they mean, what to do.
const SIGNATURES: [(usize, &[u8], &str, &str); 25] = [
    (0, b"8BPS", "a Photoshop document (PSD)", SAVE_PICTURE),
    (0, b"\0\0\x01\0", "a set of icons (ICO)", SAVE_PICTURE),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR picture", SAVE_PICTURE),
    (0, b"#?RADIANCE", "a Radiance HDR picture", SAVE_PICTURE),
    (0, b"SDPX", "a DPX picture", SAVE_PICTURE),
    (0, b"XPDS", "a DPX picture", SAVE_PICTURE),
    (0, b"SIMPLE  =", "a FITS picture", SAVE_PICTURE),
    (0, b"qoif", "a QOI picture", SAVE_PICTURE),
    (0, b"DDS ", "a DirectDraw texture (DDS)", SAVE_PICTURE),
    (0, b"gimp xcf", "a GIMP document (XCF)", SAVE_PICTURE),
    (0, b"%PDF-", "a PDF document", "save its pictures as JPEG or PNG"),
    (0, b"%!PS", "a PostScript document", SAVE_PICTURE),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript document", SAVE_PICTURE),
    (0, b"AT&TFORM", "a DjVu document", SAVE_PICTURE),
    (0, b"<svg", "a drawing (SVG)", SAVE_PICTURE),
    (8, b"CR\x02", "a Canon raw file (CR2)", DEVELOP),
    (4, b"ftypcrx ", "a Canon raw file (CR3)", DEVELOP),
    (6, b"HEAPCCDR", "a Canon raw file (CRW)", DEVELOP),
    (0, b"FUJIFILMCCD-RAW", "a Fujifilm raw file (RAF)", DEVELOP),
    (0, b"IIRO", "an Olympus raw file (ORF)", DEVELOP),
    (0, b"IIU\0", "a Panasonic raw file (RW2)", DEVELOP),
    (0, b"FOVb", "a Sigma raw file (X3F)", DEVELOP),
    (0, b"\0MRM", "a Minolta raw file (MRW)", DEVELOP),
    (0, b"nut/multimedia container\0", "a NUT video", SAVE_VIDEO),
    (0, b".RMF", "a RealMedia file", SAVE_VIDEO),
];
const HEIC: [&[u8; 4]; 7] = [b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc"];

/// What the file is, if it is none that Veritag reads, and what to do: `it is a QOI picture; save it as …`.
pub fn unread(file: impl Read) -> Option<String> {
    let head = head(file);
    let found = SIGNATURES.iter().find(|(at, bytes, ..)| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes)));
    found.map(|(.., name, advice)| format!("it is {name}; {advice}"))
}

/// A HEIF brand, with which ffmpeg before 7 does not start.
pub fn is_heic(file: impl Read) -> bool {
    let head = head(file);
    head.get(4..8) == Some(b"ftyp") && HEIC.iter().any(|brand| head.get(8..12) == Some(&brand[..]))
}

fn head(file: impl Read) -> Vec<u8> {
    let mut head = Vec::new();
    let _ = file.take(HEAD).read_to_end(&mut head);
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_not_read_and_says_what_to_do() {
        let photoshop = "it is a Photoshop document (PSD); save it as JPEG, PNG or TIFF";
        assert_eq!(unread(&b"8BPS\0\x01"[..]).as_deref(), Some(photoshop));
        assert_eq!([unread(&b"\x89PNG\r\n"[..]), unread(&b""[..])], [None, None]);
    }

    #[test]
    fn knows_heic_by_its_brand() {
        assert!(is_heic(&b"\0\0\0\x18ftypheic"[..]) && !is_heic(&b"\0\0\0\x18ftypisom"[..]));
    }
}

//! What kind of file an asset is, by its first bytes: its name is the uploader's.

/// The MIME type of `bytes`, if it is of a kind that carries credentials.
pub fn mime(bytes: &[u8]) -> Option<&'static str> {
    let at = |from: usize, expected: &[u8]| bytes.get(from..from + expected.len()) == Some(expected);
    let kinds: [(bool, &'static str); 8] = [
        (at(0, b"\xff\xd8\xff"), "image/jpeg"),
        (at(0, b"\x89PNG\r\n\x1a\n"), "image/png"),
        (at(0, b"GIF8"), "image/gif"),
        (at(0, b"RIFF") && at(8, b"WEBP"), "image/webp"),
        (at(0, b"RIFF") && at(8, b"AVI "), "video/avi"),
        (at(0, b"II*\0") || at(0, b"MM\0*"), "image/tiff"),
        (at(0, b"\0\0\0\x0cjXL "), "image/jxl"),
        (at(4, b"ftyp"), bmff(bytes.get(8..12).unwrap_or_default())),
    ];
    kinds.into_iter().find_map(|(found, mime)| found.then_some(mime))
}

/// By the major brand of an ISO base media file.
fn bmff(brand: &[u8]) -> &'static str {
    match brand {
        b"qt  " => "video/quicktime",
        b"avif" | b"avis" => "image/avif",
        b"heic" | b"heix" | b"hevc" | b"hevx" => "image/heic",
        b"mif1" | b"msf1" => "image/heif",
        _ => "video/mp4",
    }
}

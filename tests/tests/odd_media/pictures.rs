//! Pictures that are turned, cut off, several in one file, or of formats that are not read.

use serde_json::Value;
use veritag_tests::fixture;

use super::{desk, ffmpeg, scan};

/// A PNG with an `eXIf` chunk, as phones' screenshots and editors write it.
fn with_exif(png: &[u8], orientation: u8) -> Vec<u8> {
    let exif = [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", &[orientation][..], b"\0\0\0\0\0\0"].concat();
    let chunk = [&(exif.len() as u32).to_be_bytes()[..], b"eXIf", &exif, b"\0\0\0\0"].concat();
    let header = 8 + 25;
    [&png[..header], &chunk, &png[header..]].concat()
}

#[test]
fn pictures_are_judged_as_they_are_displayed() {
    let work = desk();
    ffmpeg(work.path(), "-i still.jpg -vf crop=340:420 upright.png");
    ffmpeg(work.path(), "-i upright.png -vf transpose=cclock lying.png");
    let lying = std::fs::read(work.path().join("lying.png")).unwrap();
    std::fs::write(work.path().join("turned.png"), with_exif(&lying, 6)).unwrap();
    let [upright, turned] = scan(&work, "1", ["upright.png", "turned.png"]);
    let size =
        |document: &Value| [document["asset"]["media"]["width"].clone(), document["asset"]["media"]["height"].clone()];
    assert_eq!(size(&turned), size(&upright));
    assert_eq!(turned["score"], upright["score"]);
}

#[test]
fn a_picture_that_is_mostly_missing_is_not_judged() {
    let work = desk();
    let whole = std::fs::read(work.path().join("still.jpg")).unwrap();
    std::fs::write(work.path().join("cut.jpg"), &whole[..whole.len() * 2 / 5]).unwrap();
    let progressive = std::fs::read(fixture("media/progressive.jpg")).unwrap();
    std::fs::write(work.path().join("whole.jpg"), &progressive).unwrap();
    std::fs::write(work.path().join("coarse.jpg"), &progressive[..progressive.len() * 2 / 5]).unwrap();
    let [cut, whole, coarse] = scan(&work, "1", ["cut.jpg", "whole.jpg", "coarse.jpg"]);
    assert_eq!(cut["reason"], "undecodable", "{cut:#}");
    assert!(cut["error"]["message"].as_str().unwrap().contains("of the picture is missing"));
    assert!(whole["score"].is_number());
    assert!(coarse["error"]["message"].as_str().is_some_and(|why| why.contains("breaks off")), "{coarse:#}");
}

#[test]
fn formats_that_are_not_read_are_named() {
    let work = desk();
    let jpeg_in_tiff = b"II*\0\x08\0\0\0\x01\0\x03\x01\x03\0\x01\0\0\0\x07\0\0\0\0\0\0\0";
    let grid = [
        &b"\0\0\0\x10ftypheic\0\0\0\0"[..],
        b"\0\0\0\x3dmeta\0\0\0\0\0\0\0\x0epitm\0\0\0\0\0\x01",
        b"\0\0\0\x23iinf\0\0\0\0\0\x01\0\0\0\x15infe\x02\0\0\0\0\x01\0\0grid\0",
    ];
    let files = [
        ("a.psd", &b"8BPS\0\x01 and more"[..], "Photoshop"),
        ("a.ico", b"\0\0\x01\0\x01\0 and more", "ICO"),
        ("a.nut", b"nut/multimedia container\0", "NUT"),
        ("a.tif", jpeg_in_tiff, "JPEG within TIFF"),
        ("a.heic", &grid.concat(), "tiles"),
        ("b.heic", b"\0\0\0\x10ftypheic\0\0\0\0\0\0\0\x08free", "HEIC"),
    ];
    files.iter().for_each(|(name, bytes, _)| std::fs::write(work.path().join(name), bytes).unwrap());
    let documents = scan(&work, "1", files.map(|(name, ..)| name));
    for ((.., word), document) in files.into_iter().zip(documents) {
        assert_eq!(document["reason"], "unsupported", "{document:#}");
        assert!(document["error"]["message"].as_str().unwrap().contains(word), "{document:#}");
    }
}

/// As cameras with two lenses write it (CIPA DC-007); a gain map is no picture of its own.
#[test]
fn views_of_a_picture_are_counted() {
    let work = desk();
    let still = std::fs::read(work.path().join("still.jpg")).unwrap();
    let entry = |kind: u32, at: usize| [kind << 16, 0, at as u32, 0].map(u32::to_be_bytes).concat();
    // Counted from `MM`, which stands 10 bytes after the beginning of the file.
    let second = still.len() + 94 - 10;
    let third = second + still.len();
    let entries = [entry(3, 0), entry(0, second), entry(0, third)].concat();
    let index = [
        &b"MPF\0MM\0*\0\0\0\x08\0\x02"[..],
        b"\xb0\x01\0\x04\0\0\0\x01\0\0\0\x03",
        b"\xb0\x02\0\x07\0\0\0\x30\0\0\0\x26\0\0\0\0",
        &entries,
    ]
    .concat();
    let segment = [&b"\xff\xe2"[..], &(index.len() as u16 + 2).to_be_bytes(), &index].concat();
    assert_eq!(segment.len(), 94);
    let gain_map = [&still[..2], b"\xff\xe1\0\x0ahdrgm:.."].concat();
    let file = [&still[..2], &segment, &still[2..], &still, &gain_map].concat();
    std::fs::write(work.path().join("views.jpg"), file).unwrap();
    let [document] = scan(&work, "1", ["views.jpg"]);
    assert_eq!(document["asset"]["media"]["pictures"], 2, "{document:#}");
    assert!(document["score"].is_number());
}

#[test]
fn pages_are_counted() {
    let work = desk();
    let page = |next: u8| {
        let entries: [(u16, u16, u32); 9] = [
            (256, 3, 8),
            (257, 3, 8),
            (258, 3, 8),
            (259, 3, 1),
            (262, 3, 1),
            (273, 4, 400),
            (277, 3, 1),
            (278, 3, 8),
            (279, 4, 64),
        ];
        let tags = entries.iter().flat_map(|(tag, kind, value)| {
            [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &1u32.to_le_bytes(), &value.to_le_bytes()].concat()
        });
        [9u16.to_le_bytes().to_vec(), tags.collect(), vec![next, 0, 0, 0]].concat()
    };
    let mut tiff = [b"II*\0\x08\0\0\0".to_vec(), page(122), page(0)].concat();
    tiff.resize(464, 128);
    std::fs::write(work.path().join("pages.tif"), tiff).unwrap();
    let [document] = scan(&work, "1", ["pages.tif"]);
    assert_eq!(document["asset"]["media"]["pictures"], 2, "{document:#}");
    assert!(document["text"].as_str().unwrap().contains("the first of 2 pictures"));
}

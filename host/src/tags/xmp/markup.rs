//! XML before it becomes a tree: its size is bounded here, since a tree takes some hundred bytes an element.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::Event;

/// More than any catalogue writes.
pub const MAX_DEPTH: usize = 64;
const MAX_ELEMENTS: usize = 200_000;

#[derive(Debug, thiserror::Error)]
pub enum PacketError {
    #[error("it is not in UTF-8")]
    Encoding(#[from] std::str::Utf8Error),
    #[error("it is no XML: {0}")]
    Xml(String),
    #[error("it has more than {MAX_ELEMENTS} elements, or more than {MAX_DEPTH} inside each other")]
    TooLarge,
    #[error("there is no rdf:RDF in it")]
    NoXmp,
}

/// Where the document's element is in `text`, if its tree is of a size that can be handled.
pub fn document_element(text: &str) -> Result<Range<usize>, PacketError> {
    let mark = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut reader = Reader::from_str(&text[mark..]);
    let (mut depth, mut elements, mut start) = (0, 0, None);
    loop {
        let at = mark + reader.buffer_position() as usize;
        let event = reader.read_event().map_err(|error| PacketError::Xml(error.to_string()))?;
        let (opens, closes) = match event {
            Event::Start(_) => (1, 0),
            Event::Empty(_) => (1, 1),
            Event::End(_) => (0, 1),
            Event::Eof => return Err(PacketError::NoXmp),
            _ => continue,
        };
        let start = *start.get_or_insert(at);
        elements += opens;
        depth += opens;
        if depth > MAX_DEPTH || elements > MAX_ELEMENTS {
            return Err(PacketError::TooLarge);
        }
        depth -= closes;
        if depth == 0 {
            return Ok(start..mark + reader.buffer_position() as usize);
        }
    }
}

/// What XML 1.0 can carry of a text; the rest becomes U+FFFD.
pub fn printable(text: &str) -> String {
    text.replace(
        |c: char| (c.is_control() && !matches!(c, '\t' | '\n')) || matches!(c, '\u{fffe}' | '\u{ffff}'),
        "\u{fffd}",
    )
}

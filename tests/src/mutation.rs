//! Inputs for parsers of outside data: any bytes, and valid inputs that were damaged. Crates include this file in their
//! tests. `PROPTEST_CASES` says how many are tried.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// What parsers stumble over.
const TOKENS: [&str; 18] = [
    "null",
    "-1",
    "0",
    "1e999",
    "18446744073709551616",
    "-9223372036854775809",
    "\"\"",
    "{}",
    "[]",
    "[[[[[[[[",
    "\0",
    "\u{feff}",
    "\\ud800",
    "%00",
    "../",
    "<!--",
    "]]>",
    "\n\n",
];

#[derive(Clone, Debug)]
enum Edit {
    Set(Index, u8),
    Flip(Index, u8),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    Insert(Index, Vec<u8>),
    Truncate(Index),
}

/// As many cases as the environment wants, else `cases`. What fails is kept in `proptest-regressions`.
pub fn config(cases: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig::with_cases(wanted.unwrap_or(cases))
}

/// Any bytes, and each of `valid` damaged in a few places.
pub fn hostile(valid: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let damaged = (select(valid), vec(edit(), 1..8)).prop_map(|(bytes, edits)| edits.iter().fold(bytes, applied));
    prop_oneof![1 => vec(any::<u8>(), 0..300), 6 => damaged]
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    let token = select(&TOKENS[..]).prop_map(|token| token.as_bytes().to_vec());
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (at(), 0u8..8).prop_map(|(at, bit)| Edit::Flip(at, 1 << bit)),
        (at(), 1usize..40).prop_map(|(at, length)| Edit::Remove(at, length)),
        (at(), 1usize..60, 1usize..40).prop_map(|(at, length, times)| Edit::Repeat(at, length, times)),
        (at(), prop_oneof![token, vec(any::<u8>(), 1..12)]).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        at().prop_map(Edit::Truncate),
    ]
}

fn applied(mut bytes: Vec<u8>, edit: &Edit) -> Vec<u8> {
    let length = bytes.len();
    if length == 0 {
        return bytes;
    }
    let up_to = |at: usize, wanted: usize| at..(at + wanted).min(length);
    match edit {
        Edit::Set(at, byte) => bytes[at.index(length)] = *byte,
        Edit::Flip(at, bit) => bytes[at.index(length)] ^= bit,
        Edit::Remove(at, wanted) => drop(bytes.drain(up_to(at.index(length), *wanted))),
        Edit::Repeat(at, wanted, times) => {
            let range = up_to(at.index(length), *wanted);
            let piece = bytes[range.clone()].repeat(*times);
            drop(bytes.splice(range.end..range.end, piece));
        }
        Edit::Insert(at, piece) => drop(bytes.splice(at.index(length)..at.index(length), piece.iter().copied())),
        Edit::Truncate(at) => bytes.truncate(at.index(length)),
    }
    bytes
}

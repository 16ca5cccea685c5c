//! The last words of a child that may never stop talking, and what they say.

use super::INPUT;
use std::{
    collections::VecDeque,
    io::Read,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

const SIZE: usize = 8 << 10;

/// The last 8 kB that were read.
#[derive(Default)]
pub struct Tail {
    bytes: Mutex<VecDeque<u8>>,
    stop: AtomicBool,
}

impl Tail {
    /// Reads to the end, or until told to stop.
    pub fn keep(&self, mut from: impl Read) {
        let mut buffer = [0; 4096];
        while !self.stop.load(Ordering::Relaxed) {
            let Ok(count @ 1..) = from.read(&mut buffer) else { return };
            let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
            bytes.extend(&buffer[..count]);
            let excess = bytes.len().saturating_sub(SIZE);
            bytes.drain(..excess);
        }
    }

    /// Lets `keep` end after its next read, so that the pipe closes.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub fn text(&self) -> String {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let (front, back) = bytes.as_slices();
        String::from_utf8_lossy(&[front, back].concat()).into_owned()
    }
}

/// What ffmpeg says last whatever went wrong.
const GENERIC: [&str; 4] =
    ["Invalid data found when processing input", "Conversion failed!", "Error while decoding stream", "Last message"];

/// The last line that says something, without ffmpeg's `[png @ 0x55d0]` and our name for the input.
pub fn last_line(stderr: &str) -> String {
    let lines = || stderr.lines().rev().map(undecorated).filter(|line| !line.is_empty());
    let telling = lines().find(|line| !GENERIC.iter().any(|words| line.starts_with(words)));
    telling.or_else(|| lines().next()).unwrap_or_default().to_owned()
}

fn undecorated(line: &str) -> &str {
    let line = line.rsplit_once("] ").map_or(line, |(_, said)| said);
    line.trim_start_matches(INPUT).trim_start_matches(": ").trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_line_drops_ffmpegs_decoration() {
        let truncated = "[mov @ 0x5] moov atom not found\nfile:/dev/stdin: Invalid data found when processing input\n";
        assert_eq!(last_line(truncated), "moov atom not found");
        assert_eq!(last_line("file:/dev/stdin: Invalid data found"), "Invalid data found");
        assert_eq!(last_line(""), "");
    }

    #[test]
    fn keeps_the_end() {
        let tail = Tail::default();
        tail.keep(&[&[b'a'; 3 * SIZE][..], b"end"].concat()[..]);
        let text = tail.text();
        assert_eq!((text.len(), &text[SIZE - 4..]), (SIZE, "aend"));
    }
}

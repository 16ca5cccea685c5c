//! The last words of a child that may never stop talking.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_end() {
        let tail = Tail::default();
        tail.keep(&[&[b'a'; 3 * SIZE][..], b"end"].concat()[..]);
        let text = tail.text();
        assert_eq!((text.len(), &text[SIZE - 4..]), (SIZE, "aend"));
    }
}

//! Pushing a model into the plugin, a chunk at a time.
//!
//! Layout of a chunk, little-endian: u16 length of the part's name, the name in UTF-8,
//! u64 offset of this chunk in the part, u64 total size of the part, then the bytes.

use serde::{Deserialize, Serialize};

use crate::Fault;

/// One piece of a part. Chunks of a part come in order; offset 0 starts it afresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    pub part: &'a str,
    pub offset: u64,
    pub total: u64,
    pub bytes: &'a [u8],
}

/// Answer of `load`: bytes of this part received so far, and whether the whole model can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    pub received: u64,
    pub ready: bool,
}

impl<'a> Chunk<'a> {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(18 + self.part.len() + self.bytes.len());
        out.extend_from_slice(&(self.part.len() as u16).to_le_bytes());
        out.extend_from_slice(self.part.as_bytes());
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(&self.total.to_le_bytes());
        out.extend_from_slice(self.bytes);
        out
    }

    /// # Errors
    /// [`Fault::Rejected`] when `bytes` is no chunk, or one that reaches past its total.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Fault> {
        let whole = Self::split(bytes).ok_or_else(|| Fault::Rejected("chunk: malformed header".into()))?;
        match whole.offset.checked_add(whole.bytes.len() as u64) {
            Some(end) if end <= whole.total => Ok(whole),
            _ => Err(Fault::Rejected(format!("chunk of {}: reaches past its total", whole.part))),
        }
    }

    fn split(bytes: &'a [u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let (part, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        let (offset, rest) = rest.split_first_chunk::<8>()?;
        let (total, bytes) = rest.split_first_chunk::<8>()?;
        Some(Self {
            part: std::str::from_utf8(part).ok()?,
            offset: u64::from_le_bytes(*offset),
            total: u64::from_le_bytes(*total),
            bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn decodes_what_it_encodes(part in "\\PC{0,20}", offset in 0u64..1 << 40, more in 0u64..100, bytes in prop::collection::vec(any::<u8>(), 0..50)) {
            let chunk = Chunk { part: &part, offset, total: offset + bytes.len() as u64 + more, bytes: &bytes };
            let encoded = chunk.encode();
            prop_assert_eq!(Chunk::decode(&encoded).unwrap(), chunk);
        }

        #[test]
        fn no_bytes_crash_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Chunk::decode(&bytes);
        }
    }
}

//! Parts arriving in chunks.

use sha2::{Digest, Sha256};
use veritag_abi::{Chunk, Fault};

/// Largest part accepted, in bytes.
const LARGEST: u64 = 1 << 30;

/// The part that is arriving.
#[derive(Default)]
pub struct Intake {
    part: String,
    bytes: Vec<u8>,
}

impl Intake {
    /// Takes a chunk; gives back the part's bytes once its last chunk is in.
    ///
    /// # Errors
    /// [`Fault::Rejected`] when the chunk does not follow the one before, or the part is too large.
    pub fn take(&mut self, chunk: &Chunk) -> Result<Option<Vec<u8>>, Fault> {
        if chunk.total > LARGEST {
            return Err(Fault::Rejected(format!("{}: {} bytes, at most {LARGEST}", chunk.part, chunk.total)));
        }
        if chunk.offset == 0 {
            self.part = chunk.part.to_owned();
            self.bytes = Vec::with_capacity(chunk.total as usize);
        }
        if chunk.part != self.part || chunk.offset != self.bytes.len() as u64 {
            let (part, offset) = (chunk.part, chunk.offset);
            return Err(Fault::Rejected(format!("{part}: chunk at {offset} does not follow {}", self.bytes.len())));
        }
        self.bytes.extend_from_slice(chunk.bytes);
        Ok((self.bytes.len() as u64 == chunk.total).then(|| std::mem::take(&mut self.bytes)))
    }

    /// Bytes of the arriving part so far.
    pub fn received(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// Lower-case hexadecimal sha256.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_cut_of_a_part_gives_the_part(bytes in prop::collection::vec(any::<u8>(), 1..60), size in 1usize..20) {
            let mut intake = Intake::default();
            let mut whole = None;
            for (i, piece) in bytes.chunks(size).enumerate() {
                prop_assert!(whole.is_none());
                let chunk = Chunk { part: "p", offset: (i * size) as u64, total: bytes.len() as u64, bytes: piece };
                whole = intake.take(&chunk).unwrap();
            }
            prop_assert_eq!(whole.unwrap(), bytes);
        }
    }

    #[test]
    fn gaps_and_strangers_are_refused() {
        let mut intake = Intake::default();
        intake.take(&Chunk { part: "p", offset: 0, total: 4, bytes: b"ab" }).unwrap();
        assert!(intake.take(&Chunk { part: "p", offset: 3, total: 4, bytes: b"d" }).is_err());
        assert!(intake.take(&Chunk { part: "q", offset: 2, total: 4, bytes: b"cd" }).is_err());
        assert!(intake.take(&Chunk { part: "p", offset: 0, total: u64::MAX, bytes: b"" }).is_err());
    }
}

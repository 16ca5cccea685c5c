//! sha256, the name of an asset, a module and a bundle.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// Lower-case hexadecimal sha256.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The sha256 of everything that `from` still gives, and how many bytes that was.
///
/// # Errors
/// Those of reading.
pub fn sha256_of(mut from: impl Read) -> io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok((hex::encode(hasher.finalize()), total)),
            read => {
                hasher.update(&buffer[..read]);
                total += read as u64;
            }
        }
    }
}

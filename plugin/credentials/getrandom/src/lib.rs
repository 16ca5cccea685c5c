//! There is no randomness in the sandbox, and nothing that verifies a signature needs any.

use std::fmt;
use std::num::NonZero;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error;

impl Error {
    pub const fn code(self) -> NonZero<u32> {
        NonZero::<u32>::MIN
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no randomness in the sandbox")
    }
}

impl std::error::Error for Error {}

/// # Errors
/// Always.
pub fn getrandom(_: &mut [u8]) -> Result<(), Error> {
    Err(Error)
}

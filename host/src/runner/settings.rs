//! How a runner is spoken to.

use std::time::Duration;

use super::RunnerError;
use super::address::Address;
use crate::config;
use crate::config::{ConfigError, Secret};

/// Most bytes of an answer.
pub const MAX_ANSWER_BYTES: usize = 64 << 20;

/// What every request needs.
pub struct Settings {
    pub address: Address,
    pub token: Option<Secret>,
    /// A certificate in PEM that the server's is signed by.
    pub ca: Option<Vec<u8>>,
    pub timeout: Duration,
}

impl Settings {
    /// # Errors
    /// [`RunnerError`] when the token or the certificate cannot be read.
    pub fn new(config: &config::Runner, address: Address) -> Result<Self, RunnerError> {
        let unreadable = |error| ConfigError::invalid("ca of [runner]", error);
        Ok(Self {
            address,
            token: config.token.as_ref().map(config::SecretRef::read).transpose()?,
            ca: config.ca.as_ref().map(std::fs::read).transpose().map_err(unreadable)?,
            timeout: Duration::from_secs(config.timeout_s.into()),
        })
    }
}

//! `veritag hook`: a message on standard input, the answer on standard output.

use std::io::{Read, stdin};
use std::process::ExitCode;

use http::HeaderMap;

use super::service;
use crate::cli::Hook;
use crate::error::Error;
use crate::ingest::HookError;
use crate::jobs::{Ingest, IngestError};
use crate::records::Records;

/// # Errors
/// What kept the message from being read, understood or recorded.
pub fn run(options: &Hook) -> Result<ExitCode, Error> {
    let config = service::configured(&options.service)?;
    service::start_logs();
    let body = message(config.service.max_message_bytes)?;
    let source = config.sources.iter().find(|source| source.name == options.source);
    let source = source.ok_or_else(|| HookError::UnknownSource(options.source.clone()))?;
    service::run(async {
        let ingest = Ingest::new(Records::new(service::database(&config).await?))?;
        let answer = ingest.handle(source, &HeaderMap::new(), &body).await.map_err(|error| match error {
            IngestError::Hook(error) => Error::Hook(error),
            IngestError::Database(error) => Error::Database(error),
        })?;
        println!("{}", answer.body);
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Standard input, if it is no longer than `max` bytes.
fn message(max: usize) -> Result<Vec<u8>, HookError> {
    let mut body = Vec::new();
    stdin().lock().take(max as u64 + 1).read_to_end(&mut body).map_err(HookError::Unreadable)?;
    if body.len() > max { Err(HookError::TooLarge { max }) } else { Ok(body) }
}

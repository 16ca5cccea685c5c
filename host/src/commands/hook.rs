//! `veritag hook`: a message on standard input, the answer on standard output.

use std::io::{Read, stdin};
use std::process::ExitCode;

use http::HeaderMap;
use serde_json::json;

use super::service;
use crate::cli::Hook;
use crate::error::Error;
use crate::ingest::HookError;
use crate::jobs::{Answer, IntakeError};

/// # Errors
/// What kept the message from being read, understood or recorded.
pub fn run(options: &Hook) -> Result<ExitCode, Error> {
    let config = service::configured(&options.service)?;
    service::start_logs();
    let body = message(config.service.most_message_bytes)?;
    let source = config.sources.iter().find(|source| source.name == options.source);
    let source = source.ok_or_else(|| HookError::UnknownSource(options.source.clone()))?;
    service::run(async {
        let intake = service::intake(&config).await?;
        let answer = intake.message(source, &HeaderMap::new(), &body).await.map_err(|error| match error {
            IntakeError::Hook(error) => Error::Hook(error),
            IntakeError::Store(error) => Error::Store(error),
        })?;
        match answer {
            Answer::Accepted(jobs) => println!("{}", json!({ "jobs": jobs })),
            Answer::Tusd(answer) => println!("{answer}"),
        }
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

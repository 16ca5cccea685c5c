//! `veritag audit`.

use std::process::ExitCode;

use super::{SOME_FAILED, service};
use crate::cli::AuditCommand;
use crate::error::Error;
use crate::records::{Records, Tampering};

/// # Errors
/// When the records cannot be read.
pub fn run(command: &AuditCommand) -> Result<ExitCode, Error> {
    let AuditCommand::Verify { service: at } = command;
    let config = service::configured(at)?;
    let mut found = Ok((0, String::new()));
    service::run(async {
        found = Records::new(service::database(&config).await?).verify_audit().await?;
        Ok(())
    })?;
    Ok(tell(&found))
}

fn tell(found: &Result<(i64, String), Tampering>) -> ExitCode {
    match found {
        Ok((0, _)) => println!("the log is empty"),
        Ok((rows, hash)) => println!("{rows} rows, unbroken; the last hash is {hash}"),
        Err(tampering) => {
            eprintln!("veritag: audit-tampered: {tampering}");
            return ExitCode::from(SOME_FAILED);
        }
    }
    ExitCode::SUCCESS
}

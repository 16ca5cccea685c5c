//! `veritag untag`.

use std::io;
use std::process::ExitCode;

use super::{SOME_FAILED, service};
use crate::cli::Untag;
use crate::database::DatabaseError;
use crate::error::Error;
use crate::fetch::{FetchError, Fetcher};
use crate::files::{below, expand};
use crate::records::{Records, Written};
use crate::tags::{
    self,
    object::{OBJECT, without},
};

/// # Errors
/// What kept the command from finding the assets or reading the records.
pub fn run(options: &Untag) -> Result<ExitCode, Error> {
    let failed = if options.all { all(options)? } else { named(options)? };
    Ok(if failed { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

/// Below directories every sidecar is looked into, since its asset may be gone. Whether anything failed.
fn named(options: &Untag) -> Result<bool, Error> {
    let (directories, assets): (Vec<_>, Vec<_>) = options.paths.iter().cloned().partition(|path| path.is_dir());
    let sidecars = directories.iter().flat_map(|directory| below(directory, tags::is_sidecar));
    let assets = expand(&assets, io::stdin().lock())?;
    let removed = sidecars.map(|path| tags::remove_from(&path)).chain(assets.iter().map(|asset| tags::remove(asset)));
    let (mut untagged, mut failed) = (0, false);
    for removed in removed {
        match removed {
            Ok(found) => untagged += usize::from(found),
            Err(error) => failed = told(&error.into()),
        }
    }
    println!("untagged {untagged}");
    Ok(failed)
}

/// Whether anything failed.
fn all(options: &Untag) -> Result<bool, Error> {
    let config = service::configured(&options.service)?;
    let (mut untagged, mut failed) = (0, false);
    service::run(async {
        let (database, fetcher) = (service::database(&config).await?, Fetcher::new(&config)?);
        let records = Records::new(database);
        for written in records.written().await? {
            if !options.apply {
                println!("would untag {} {}", written.target, written.location);
                continue;
            }
            match take_back(&records, &fetcher, &written).await {
                Ok(found) => untagged += usize::from(found),
                Err(error) => failed = told(&error),
            }
        }
        Ok(())
    })?;
    match options.apply {
        true => println!("untagged {untagged}"),
        false => println!("nothing was done: --apply does it"),
    }
    Ok(failed)
}

async fn take_back(records: &Records, fetcher: &Fetcher, written: &Written) -> Result<bool, Error> {
    let found = match written.target.as_str() {
        OBJECT => take_object_tag_back(records, fetcher, written).await?,
        target => tags::remove_at(target, &written.location)?,
    };
    records.forget_written(&written.target, &written.location).await?;
    Ok(found)
}

async fn take_object_tag_back(records: &Records, fetcher: &Fetcher, written: &Written) -> Result<bool, Error> {
    let job = records.job(&written.job).await?.ok_or(sqlx::Error::RowNotFound).map_err(DatabaseError::from)?;
    let object = fetcher.tagged_object(&job.source, &job.event.location)?;
    let object = object.ok_or_else(|| FetchError::forbidden("no [[store]] with `tag_objects` has it any more"))?;
    let ours = records.written_tags(OBJECT, &written.location).await?;
    let before = match object.tags().await {
        Err(FetchError::NotFound) => return Ok(false),
        tags => tags?,
    };
    let Some(after) = without(before, &ours) else { return Ok(false) };
    object.write(&after).await?;
    Ok(true)
}

fn told(error: &Error) -> bool {
    eprintln!("veritag: {}: {error}", error.code());
    true
}

//! `veritag watch`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tokio::time::sleep;
use tracing::{info, warn};

use super::service::{self, Service};
use crate::cli::{Setup, Watch};
use crate::config::Source;
use crate::error::Error;
use crate::ingest::DialectName;
use crate::jobs::Ingest;
use crate::upload_event::{Location, UploadEvent};
use crate::watch::{Settled, watch};

/// How long to wait for a database that does not answer.
const RETRY: Duration = Duration::from_secs(1);

/// # Errors
/// What kept the watching from starting, or from going on.
pub fn run(setup: &Setup, options: &Watch) -> Result<ExitCode, Error> {
    let mut config = service::configured(&options.service)?;
    config.tags.xmp |= options.xmp;
    let root = options
        .directory
        .canonicalize()
        .map_err(|error| Error::Watch { path: options.directory.clone(), why: error.to_string() })?;
    let source = below(&root);
    config.sources.push(source.clone());
    service::start_logs();
    service::run(async {
        let service = Service::new(setup, config).await?;
        let settle = Duration::from_secs(options.settle.into());
        let files = watch(&root, settle, options.poll).map_err(|why| Error::Watch { path: root.clone(), why })?;
        service::announce(&format!("watching {}", root.display()));
        let receiving = receive(&service.ingest, &source, files, service.stopping());
        tokio::join!(service.work(), receiving);
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

fn below(root: &Path) -> Source {
    Source {
        name: format!("watch {}", root.display()),
        dialect: DialectName::Veritag,
        token: None,
        signing_secret: None,
        open: false,
        root: Some(root.to_owned()),
        strip_prefix: String::new(),
        store: None,
        hosts: Vec::new(),
        private: false,
        reject: Vec::new(),
    }
}

/// Makes a job of every file that has stopped growing, until `stop`.
async fn receive(
    ingest: &Ingest,
    source: &Source,
    mut files: tokio::sync::mpsc::Receiver<Settled>,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let settled = tokio::select! {
            () = &mut stop => return,
            settled = files.recv() => settled,
        };
        let Some(Settled { path, version }) = settled else { return };
        let Some(event) = upload_event(&path, version) else {
            info!(path = %path.display(), "left alone: its name is not UTF-8");
            continue;
        };
        while let Err(error) = ingest.receive(source, std::slice::from_ref(&event)).await {
            warn!(code = error.code(), path = %path.display(), "{error}; trying again");
            sleep(RETRY).await;
        }
    }
}

fn upload_event(path: &Path, version: String) -> Option<UploadEvent> {
    let path = path.to_str()?;
    Some(UploadEvent::new(Location::Path(path.to_owned())).version(Some(version)))
}

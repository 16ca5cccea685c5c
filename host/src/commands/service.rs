//! What a running service is made of, whichever way assets come to it.

use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

use super::start;
use crate::cli::{ServiceAt, Setup};
use crate::config::{self, Config, ConfigError};
use crate::database::{Database, DatabaseError};
use crate::error::Error;
use crate::fetch::{Fetcher, Spool};
use crate::jobs::{self, Assessor, Ingest};
use crate::queue::Queue;
use crate::records::Records;
use crate::scan::parallel::STACK;
use crate::webhooks::Webhooks;

const TIDY: Duration = Duration::from_secs(300);

/// A service that is about to start.
pub struct Service {
    pub config: Config,
    pub ingest: Ingest,
    queue: Queue,
    assessor: Arc<Assessor>,
    workers: usize,
    stop: watch::Sender<bool>,
}

/// Runs `service` in a runtime of its own.
///
/// # Errors
/// Those of `service`.
pub fn run(service: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let runtime = runtime.map_err(|_| Error::Bug)?;
    let outcome = runtime.block_on(service);
    // A scan that outlasted its time is left to itself.
    runtime.shutdown_background();
    outcome
}

/// The file, the environment, then flags.
///
/// # Errors
/// [`ConfigError`].
pub fn configured(at: &ServiceAt) -> Result<Config, ConfigError> {
    let mut config = config::load(at.config.as_deref(), config::variables())?;
    config.service.database = at.database.clone().unwrap_or(config.service.database);
    Ok(config)
}

/// Says that it has started; nobody may be reading.
pub fn announce(line: &str) {
    let _ = writeln!(io::stdout(), "veritag: {line}");
}

/// One JSON document a line, on standard error; `VERITAG_LOG` says how much.
pub fn start_logs() {
    let filter = EnvFilter::try_from_env("VERITAG_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let _ = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .log_internal_errors(false)
        .try_init();
}

/// The database of records and queue.
///
/// # Errors
/// [`Error::Database`].
pub async fn database(config: &Config) -> Result<Database, Error> {
    Ok(Database::open(&config.service.database).await?)
}

impl Service {
    /// # Errors
    /// Whatever part is missing or refuses to work.
    pub async fn new(setup: &Setup, config: Config) -> Result<Self, Error> {
        let workers = start::workers(setup);
        start::start_threads(workers);
        let seconds = |number: u32| Duration::from_secs(number.into());
        let (windows, timeout) = (config.service.windows.into(), seconds(config.service.timeout_s));
        let scanner = start::scanner(setup, &config.runner, workers, windows, timeout)?;
        let database = database(&config).await?;
        let (queue, records) = (Queue::new(database.clone(), seconds(config.service.drain_s)), Records::new(database));
        let assessor = Assessor {
            records: records.clone(),
            fetcher: Fetcher::new(&config)?,
            webhooks: Webhooks::new(&config.webhooks, &config.tags.keywords, records.clone())?,
            scanner: Arc::new(scanner),
            spool: Arc::new(Spool::of(&config.service)?),
            permits: Semaphore::new(workers),
            tags: config.tags.clone(),
            max_attempts: config.service.attempts,
        };
        let (ingest, assessor) = (Ingest::new(records)?, Arc::new(assessor));
        Ok(Self { config, ingest, queue, assessor, workers, stop: stop_on_signal() })
    }

    pub fn assessor(&self) -> Arc<Assessor> {
        self.assessor.clone()
    }

    /// Name and version of the model that assesses.
    pub fn model(&self) -> String {
        self.assessor.scanner.pool.bundle().id.to_string()
    }

    pub fn spool(&self) -> Arc<Spool> {
        self.assessor.spool.clone()
    }

    /// Has the work stop, once what is running has finished.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Comes when the process is asked to stop.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stopping = self.stop.subscribe();
        async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        }
    }

    /// Works until the process is asked to stop, and finishes what is running.
    pub async fn work(&self) {
        let stop = self.stop.subscribe();
        tokio::select! {
            () = jobs::run(&self.assessor, &self.queue, self.workers, &stop) => {}
            never = self.queue.heartbeat() => match never {},
            never = self.tidy() => match never {},
        }
    }

    /// Keeps the queue small, and the spool free of what nobody awaits.
    async fn tidy(&self) -> Infallible {
        loop {
            for done in [self.tidy_spool().await, self.queue.tidy().await] {
                if let Err(error) = done {
                    warn!(code = error.code(), "{error}");
                }
            }
            sleep(TIDY).await;
        }
    }

    async fn tidy_spool(&self) -> Result<(), DatabaseError> {
        for location in self.spool().stale() {
            if !self.ingest.records.is_awaited(&location.to_string()).await? {
                self.assessor.spool.release(&location);
            }
        }
        Ok(())
    }
}

fn stop_on_signal() -> watch::Sender<bool> {
    let stop = watch::Sender::new(false);
    let signalled = stop.clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        info!("stopping once what is running has finished");
        signalled.send_replace(true);
    });
    stop
}

async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be listened for");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

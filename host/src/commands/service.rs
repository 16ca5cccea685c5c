//! What a running service is made of, whichever way assets come to it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;
use ulid::Ulid;

use super::start;
use crate::cli::{ServiceAt, Setup};
use crate::config::{self, Config, ConfigError};
use crate::error::Error;
use crate::fetch::{Fetcher, Spool};
use crate::jobs::{Assessor, Intake, Notifier, Queue};
use crate::scan::parallel::STACK;
use crate::store::{Store, StoreError};

const NOW_AND_THEN: Duration = Duration::from_secs(300);

/// A service that is about to start.
pub struct Service {
    pub config: Config,
    pub intake: Intake,
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

/// One JSON document a line, on standard error; `VERITAG_LOG` says how much.
pub fn start_logs() {
    let filter =
        EnvFilter::try_from_env("VERITAG_LOG").unwrap_or_else(|_| EnvFilter::new("info,apalis=warn,sqlx=warn"));
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// The records and the queue.
///
/// # Errors
/// [`Error::Store`].
pub async fn intake(config: &Config) -> Result<Intake, Error> {
    let url = &config.service.database;
    let drain = Duration::from_secs(config.service.drain_s.into());
    Ok(Intake { store: Store::open(url).await?, queue: Queue::open(url, drain).await? })
}

impl Service {
    /// # Errors
    /// Whatever part is missing or refuses to work.
    pub async fn new(setup: &Setup, config: Config) -> Result<Self, Error> {
        let workers = start::workers(setup);
        start::start_threads(workers);
        let timeout = Duration::from_secs(config.service.patience_s.into());
        let scanner = Arc::new(start::scanner(setup, config.service.windows.into(), timeout)?);
        let intake = intake(&config).await?;
        let (tags, attempts) = (config.tags.clone(), config.service.attempts);
        let (fetcher, notifier) = (Fetcher::new(&config)?, Notifier::new(&config.webhooks, &config.tags.words)?);
        let (spool, places) = (Arc::new(Spool::of(&config.service)?), Semaphore::new(workers));
        let assessor = Assessor { intake: intake.clone(), fetcher, notifier, scanner, spool, places, tags, attempts };
        Ok(Self { config, intake, assessor: Arc::new(assessor), workers, stop: stop_on_signal() })
    }

    pub fn spool(&self) -> Arc<Spool> {
        self.assessor.spool.clone()
    }

    /// Has the work stop, once what has begun is finished.
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

    /// Works until the process is asked to stop, and finishes what has begun.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn work(&self) -> Result<(), Error> {
        let name = format!("veritag-{}", Ulid::generate());
        let (queue, spool) = (&self.intake.queue, self.spool());
        let work = queue.run(&name, &spool.id, self.workers, self.assessor.clone(), self.stop.subscribe());
        tokio::select! {
            () = work => Ok(()),
            never = self.tidy() => match never {},
        }
    }

    /// Keeps the queue small and complete, and the spool free of what nobody awaits.
    async fn tidy(&self) -> Infallible {
        loop {
            for done in [self.tidy_spool().await, self.intake.queue.tidy().await, self.intake.take_up().await] {
                if let Err(error) = done {
                    warn!(code = error.code(), "{error}");
                }
            }
            sleep(NOW_AND_THEN).await;
        }
    }

    async fn tidy_spool(&self) -> Result<(), StoreError> {
        for place in self.spool().forsaken() {
            if !self.intake.store.is_awaited(&place.to_string()).await? {
                self.assessor.spool.release(&place);
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
        info!("stopping: what has begun is finished");
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

//! The queue: durable, in the same database as the records, shared by every process that opens it.

use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::*;
use apalis_postgres::{PgPool, PostgresStorage};
use apalis_sqlite::{SqlitePool, SqliteStorage};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::notify::Notice;
use crate::store::StoreError;

/// How soon a queue of another process is looked at again, and how often a worker says that it lives.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// After so many silent beats a worker counts as dead, and what it held is done by another.
const MISSED: usize = 5;

/// One thing to do. It may be done twice, when a worker dies, so doing it again must change nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Assess an arrival, and tag it.
    Assess { arrival: String },
    /// Tell somebody.
    Notify(Notice),
}

#[derive(Clone)]
pub enum Queue {
    Sqlite(SqliteStorage<Job>),
    Postgres(PostgresStorage<Job>),
}

impl Queue {
    /// Opens the queue in the database of the records.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        match url.strip_prefix("sqlite://") {
            Some(file) => Self::in_file(file).await,
            None => Self::in_postgres(url).await,
        }
    }

    async fn in_file(file: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .busy_timeout(Duration::from_secs(10))
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePool::connect_with(options).await?;
        // Its own `setup` would give up durability.
        SqliteStorage::migrations().set_ignore_missing(true).run(&pool).await?;
        let config = apalis_sqlite::Config::default().queue("veritag").batch_size(1).heartbeat_interval(HEARTBEAT);
        Ok(Self::Sqlite(SqliteStorage::new(&pool).with_config(config.missed_heartbeats(MISSED))))
    }

    async fn in_postgres(url: &str) -> Result<Self, StoreError> {
        let pool = PgPool::connect(url).await?;
        PostgresStorage::migrations().set_ignore_missing(true).run(&pool).await?;
        let config = apalis_postgres::Config::default().queue("veritag").batch_size(1).heartbeat_interval(HEARTBEAT);
        Ok(Self::Postgres(PostgresStorage::new(&pool).with_config(config.missed_heartbeats(MISSED))))
    }

    /// Has `job` done after `delay`; a second job with the same `key` is none.
    ///
    /// # Errors
    /// [`StoreError::Queue`].
    pub async fn push(&self, job: Job, key: &str, delay: Duration) -> Result<(), StoreError> {
        let task = TaskBuilder::new(job).idempotency_key(key).run_after(delay).build();
        let refused = |error: String| StoreError::Queue(error);
        match self.clone() {
            Self::Sqlite(mut queue) => queue.push_task(task).await.map_err(|error| refused(error.to_string())),
            Self::Postgres(mut queue) => match queue.push_task(task).await {
                Err(error) if format!("{error:?}").contains("idempotency_key") => Ok(()),
                other => other.map_err(|error| refused(error.to_string())),
            },
        }
    }

    /// Does what is to be done, `workers` things at a time, until `stop`; then what has begun is finished.
    ///
    /// # Errors
    /// [`StoreError::Queue`] when the workers cannot go on.
    pub async fn run<W: Work>(
        &self,
        name: &str,
        workers: usize,
        work: Arc<W>,
        drain: Duration,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), StoreError> {
        let monitor = Monitor::new().shutdown_timeout(drain);
        let worker = |index: usize| format!("{name}-{index}");
        let monitor = match self {
            Self::Sqlite(queue) => (0..workers).fold(monitor, |monitor, index| {
                let (queue, work, name) = (queue.clone(), work.clone(), worker(index));
                monitor.register(move |run| {
                    let builder = WorkerBuilder::new(format!("{name}-{run}").as_str()).backend(queue.clone());
                    builder.data(work.clone()).concurrency(1).build(handle::<W>)
                })
            }),
            Self::Postgres(queue) => (0..workers).fold(monitor, |monitor, index| {
                let (queue, work, name) = (queue.clone(), work.clone(), worker(index));
                monitor.register(move |run| {
                    let builder = WorkerBuilder::new(format!("{name}-{run}").as_str()).backend(queue.clone());
                    builder.data(work.clone()).concurrency(1).build(handle::<W>)
                })
            }),
        };
        let signal = async {
            stop.await;
            Ok(())
        };
        monitor.run_with_signal(signal).await.map_err(|error| StoreError::Queue(error.to_string()))
    }
}

/// What workers do with a job.
pub trait Work: Send + Sync + 'static {
    fn work(&self, job: Job) -> impl Future<Output = Result<(), StoreError>> + Send;
}

async fn handle<W: Work>(job: Job, work: Data<Arc<W>>) -> Result<(), BoxDynError> {
    work.work(job).await.map_err(BoxDynError::from)
}

//! The queue: durable, in the same database as the records, shared by every process that opens it.

use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::*;
use apalis_postgres::{PgPool, PostgresStorage};
use apalis_sqlite::{SqlitePool, SqliteStorage};
use futures_util::FutureExt;
use futures_util::future::join_all;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::order::{Job, Lane, Order};
use crate::store::StoreError;

/// How often a worker says that it lives, and looks for work that another process has queued.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// A worker says nothing while it drains. Beyond that, after so long a silence what it held is done by another.
const SILENCE: Duration = Duration::from_secs(10);
/// How long a worker that could not go on, mostly for want of the database, waits before it begins anew.
const ANEW: Duration = Duration::from_secs(1);
/// What fails for want of the database is done when it is there again; all else is counted by the work itself.
const NEVER_GIVEN_UP: usize = i32::MAX as usize;
/// Messages sent at once.
const NOTICES: usize = 8;

/// What workers do with a job.
pub trait Work: Send + Sync + 'static {
    fn work(&self, job: Job) -> impl Future<Output = Result<(), StoreError>> + Send;
}

#[derive(Clone)]
pub struct Queue {
    database: Database,
    /// How many heartbeats may be missed.
    missed: usize,
    drain: Duration,
}

#[derive(Clone)]
enum Database {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

#[derive(Clone)]
enum Storage {
    Sqlite(SqliteStorage<Job>),
    Postgres(PostgresStorage<Job>),
}

/// Builds and runs a worker of either kind of storage, whose types have no more than this text in common.
macro_rules! work_on {
    ($storage:expr, $name:expr, $at_once:expr, $work:expr, $stop:expr) => {{
        let worker = WorkerBuilder::new($name.as_str()).backend($storage.clone()).data($work.clone());
        worker.concurrency($at_once).build(handle::<W>).run_until($stop).await
    }};
}

impl Queue {
    /// Opens the queue in the database of the records; `drain` is how long a shutdown waits for what has begun.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened.
    pub async fn open(url: &str, drain: Duration) -> Result<Self, StoreError> {
        let missed = (drain + SILENCE).as_secs().div_ceil(HEARTBEAT.as_secs()) as usize;
        let database = match url.strip_prefix("sqlite://") {
            Some(file) => Database::Sqlite(file_pool(file).await?),
            None => Database::Postgres(server_pool(url).await?),
        };
        Ok(Self { database, missed, drain })
    }

    /// # Errors
    /// [`StoreError::Queue`].
    pub async fn push(&self, order: Order<'_>) -> Result<(), StoreError> {
        let Order { job, key, lane, delay, urgent } = order;
        let task = TaskBuilder::new(job).idempotency_key(key).run_after(delay).priority(urgent.into());
        let task = task.max_attempts(NEVER_GIVEN_UP).build();
        let pushed = match self.storage(lane) {
            Storage::Sqlite(mut queue) => queue.push_task(task).await.map_err(|error| format!("{error:?}")),
            Storage::Postgres(mut queue) => queue.push_task(task).await.map_err(|error| format!("{error:?}")),
        };
        // PostgreSQL's storage does not pass over a key that is there.
        pushed.or_else(|why| if why.contains("idempotency_key") { Ok(()) } else { Err(StoreError::Queue(why)) })
    }

    /// Forgets what was done more than a day ago: the records remember it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tidy(&self) -> Result<(), StoreError> {
        match &self.database {
            Database::Sqlite(pool) => {
                let sql = "DELETE FROM Jobs WHERE status = 'Done' AND done_at < strftime('%s', 'now') - 86400";
                sqlx::query(sql).execute(pool).await?;
            }
            Database::Postgres(pool) => {
                let sql = "DELETE FROM apalis.jobs WHERE status = 'Done' AND done_at < NOW() - INTERVAL '1 day'";
                sqlx::query(sql).execute(pool).await?;
            }
        }
        Ok(())
    }

    /// Has work done until `stop`, by `workers` in each of the lanes that lead to assets: the shared one, and that of
    /// `spool`.
    pub async fn run<W: Work>(
        &self,
        name: &str,
        spool: &str,
        workers: usize,
        work: Arc<W>,
        stop: watch::Receiver<bool>,
    ) {
        let keep_on = |lane, name: String, at_once| self.keep_on(lane, name, at_once, &work, stop.clone());
        let shared = (0..workers).map(|index| keep_on(Lane::Shared, format!("{name}-{index}"), 1));
        let spooled = keep_on(Lane::Spool(spool), format!("{name}-spool"), workers);
        let notices = keep_on(Lane::Notices, format!("{name}-notices"), NOTICES);
        tokio::join!(join_all(shared), spooled, notices);
    }

    fn storage(&self, lane: Lane<'_>) -> Storage {
        let (name, missed) = (lane.name(), self.missed);
        match &self.database {
            Database::Sqlite(pool) => {
                let config = apalis_sqlite::Config::default().queue(&name).batch_size(1).heartbeat_interval(HEARTBEAT);
                Storage::Sqlite(SqliteStorage::new(pool).with_config(config.missed_heartbeats(missed)))
            }
            Database::Postgres(pool) => {
                let config =
                    apalis_postgres::Config::default().queue(&name).batch_size(1).heartbeat_interval(HEARTBEAT);
                Storage::Postgres(PostgresStorage::new(pool).with_config(config.missed_heartbeats(missed)))
            }
        }
    }

    /// A worker that begins anew whenever it cannot go on; at the end it has a while to finish what it has begun.
    async fn keep_on<W: Work>(
        &self,
        lane: Lane<'_>,
        name: String,
        at_once: usize,
        work: &Arc<W>,
        mut stop: watch::Receiver<bool>,
    ) {
        for run in 0.. {
            let (name, mut until) = (format!("{name}-{run}"), stop.clone());
            let stopped = async move { until.wait_for(|stop| *stop).await.map(drop).ok() };
            let stopped = stopped.map(|_| Ok::<(), WorkerError>(()));
            let working = async {
                match self.storage(lane) {
                    Storage::Sqlite(queue) => work_on!(queue, name, at_once, work, stopped),
                    Storage::Postgres(queue) => work_on!(queue, name, at_once, work, stopped),
                }
            };
            let drained = async {
                let _ = stop.wait_for(|stop| *stop).await;
                sleep(self.drain).await;
            };
            let ended = tokio::select! {
                ended = working => ended,
                () = drained => return warn!(name, "not finished in time: another will begin it anew"),
            };
            if *stop.borrow() {
                return;
            }
            warn!(name, ?ended, "a worker could not go on; it begins anew");
            let _ = timeout(ANEW, stop.wait_for(|stop| *stop)).await;
        }
    }
}

async fn file_pool(file: &str) -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .busy_timeout(Duration::from_secs(10))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let pool = SqlitePool::connect_with(options).await?;
    // Its own `setup` would give up durability.
    SqliteStorage::migrations().set_ignore_missing(true).run(&pool).await?;
    Ok(pool)
}

async fn server_pool(url: &str) -> Result<PgPool, StoreError> {
    let pool = PgPool::connect(url).await?;
    PostgresStorage::migrations().set_ignore_missing(true).run(&pool).await?;
    Ok(pool)
}

async fn handle<W: Work>(job: Job, work: Data<Arc<W>>) -> Result<(), BoxDynError> {
    let done = work.work(job).await;
    if let Err(error) = &done {
        warn!(code = error.code(), "{error}");
        sleep(ANEW).await;
    }
    done.map_err(BoxDynError::from)
}

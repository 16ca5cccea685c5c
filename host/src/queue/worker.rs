//! Running tasks.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde::de::DeserializeOwned;
use sqlx::FromRow;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{error, warn};

use super::Queue;
use crate::database::{DatabaseError, ago, now};

/// How often a process looks for tasks that another has pushed, or whose time has come.
const POLL: Duration = Duration::from_millis(500);
/// How often a process says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// A task whose worker has been silent for so long is taken by another.
const SILENCE: Duration = Duration::from_secs(10);
/// How long to wait after a failure: this, doubled each time, up to [`MAX_BACKOFF`].
const BACKOFF: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// The next task of a queue, claimed for a worker. Two processes that run this at once claim different tasks.
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "UPDATE tasks SET worker = $1, seen_at = $2, attempts = attempts + 1 WHERE id = (SELECT id FROM tasks \
             WHERE queue = $3 AND done_at IS NULL AND run_at <= $2 AND (worker IS NULL OR worker <> $1 AND seen_at < $4) \
             ORDER BY priority DESC, run_at, id LIMIT 1",
            $lock,
            ") RETURNING id, payload, attempts"
        )
    };
}

#[derive(Debug, FromRow)]
struct Claimed {
    id: String,
    payload: String,
    attempts: i64,
}

impl Queue {
    /// Runs the tasks of `queue`, at most `at_once` of them, until `stop`; then waits a while for those that are running.
    ///
    /// A task whose handler fails or panics is run again later. Handlers that must give up count for themselves.
    pub async fn run<P, H, F>(&self, queue: &str, at_once: usize, handler: H, mut stop: watch::Receiver<bool>)
    where
        P: DeserializeOwned + Send + 'static,
        H: Fn(P) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), DatabaseError>> + Send + 'static,
    {
        let (handler, mut running, mut committed) = (Arc::new(handler), JoinSet::new(), self.database.committed());
        while !*stop.borrow() {
            while running.try_join_next().is_some() {}
            committed.mark_unchanged();
            if running.len() < at_once
                && let Some(task) = self.claim_or_log(queue).await
            {
                let (worker, handler) = (self.clone(), handler.clone());
                running.spawn(async move { worker.handle(task, &*handler).await });
                continue;
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                Some(_) = running.join_next() => {}
                _ = committed.changed(), if running.len() < at_once => {}
                () = sleep(POLL), if running.len() < at_once => {}
            }
        }
        let drained = timeout(self.drain, async { while running.join_next().await.is_some() {} });
        if drained.await.is_err() {
            warn!(queue, "not finished in time: another process will run it again");
        }
    }

    /// Tells the other processes that the tasks of this one are being worked on.
    pub async fn heartbeat(&self) -> Infallible {
        let sql = "UPDATE tasks SET seen_at = $1 WHERE worker = $2 AND done_at IS NULL";
        loop {
            sleep(HEARTBEAT).await;
            let update = sqlx::query(sql).bind(now()).bind(&self.worker);
            if let Err(error) = update.execute(&self.database.pool).await {
                warn!("no heartbeat: {error}");
            }
        }
    }

    async fn claim_or_log(&self, queue: &str) -> Option<Claimed> {
        let claimed = self.claim(queue).await;
        claimed.inspect_err(|error| warn!(queue, code = error.code(), "{error}")).ok().flatten()
    }

    async fn claim(&self, queue: &str) -> Result<Option<Claimed>, DatabaseError> {
        let sql = if self.database.is_sqlite { claim!("") } else { claim!(" FOR UPDATE SKIP LOCKED") };
        let update = sqlx::query_as(sql).bind(&self.worker).bind(now()).bind(queue).bind(ago(SILENCE));
        Ok(update.fetch_optional(&self.database.pool).await?)
    }

    async fn handle<P, F>(&self, task: Claimed, handler: &(impl Fn(P) -> F + Send + Sync))
    where
        P: DeserializeOwned + Send + 'static,
        F: Future<Output = Result<(), DatabaseError>> + Send + 'static,
    {
        let done = async { handler(serde_json::from_str(&task.payload)?).await };
        let failed = match AssertUnwindSafe(done).catch_unwind().await {
            Ok(Ok(())) => false,
            Ok(Err(why)) => {
                warn!(code = why.code(), "{why}");
                true
            }
            Err(_) => {
                error!(task = task.id, "a bug: its handler panicked");
                true
            }
        };
        let delay = BACKOFF.saturating_mul(1 << task.attempts.clamp(1, 16) >> 1).min(MAX_BACKOFF);
        // Until the database answers: no other process runs the task meanwhile.
        while let Err(why) = if failed { self.release(&task.id, delay).await } else { self.complete(&task.id).await } {
            warn!(code = why.code(), "{why}");
            sleep(BACKOFF).await;
        }
    }
}

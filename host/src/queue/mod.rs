//! A durable queue in the database: tasks are pushed in the transaction of what they follow from, and each is run by one
//! of the processes that share the database, again if that one is killed.
//!
//! The queue does not know what a task is: any payload that serializes can be pushed.

mod retry;
mod worker;

use std::time::Duration;

use serde::Serialize;
use sqlx::AnyConnection;

pub use retry::retry_delay;

use crate::database::{Database, DatabaseError, after, ago, new_id, now};

/// How long the key of a task that is done keeps another from being pushed.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone, Debug)]
pub struct Queue {
    database: Database,
    /// Names this process to the others.
    worker: String,
    /// How long a shutdown waits for running tasks.
    drain: Duration,
}

/// A task to be pushed. It may run twice, when a worker dies, so running it again must change nothing.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a, P> {
    pub queue: &'a str,
    /// A second task with this key in this queue is not pushed.
    pub key: &'a str,
    pub payload: &'a P,
    pub delay: Duration,
    /// Somebody waits for it: it runs before all others.
    pub urgent: bool,
}

impl Queue {
    pub fn new(database: Database, drain: Duration) -> Self {
        Self { database, worker: new_id(), drain }
    }

    /// Pushes a task, unless there is one with its key.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn push<P: Serialize>(connection: &mut AnyConnection, task: Task<'_, P>) -> Result<(), DatabaseError> {
        let sql = "INSERT INTO tasks (id, queue, key, payload, priority, run_at, attempts) \
                   VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (queue, key) DO NOTHING";
        let insert = sqlx::query(sql).bind(new_id()).bind(task.queue).bind(task.key);
        let insert = insert.bind(serde_json::to_string(task.payload)?).bind(i64::from(task.urgent));
        insert.bind(after(task.delay)).execute(connection).await?;
        Ok(())
    }

    /// Deletes the tasks that were done a day ago.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn tidy(&self) -> Result<(), DatabaseError> {
        let delete = sqlx::query("DELETE FROM tasks WHERE done_at < $1").bind(ago(REMEMBERED));
        delete.execute(&self.database.pool).await?;
        Ok(())
    }

    /// Marks a task of this process as done.
    async fn complete(&self, id: &str) -> Result<(), DatabaseError> {
        let sql = "UPDATE tasks SET done_at = $1, worker = NULL WHERE id = $2 AND worker = $3";
        sqlx::query(sql).bind(now()).bind(id).bind(&self.worker).execute(&self.database.pool).await?;
        Ok(())
    }

    /// Gives a task of this process back, to be run after a delay.
    async fn release(&self, id: &str, delay: Duration) -> Result<(), DatabaseError> {
        let sql = "UPDATE tasks SET run_at = $1, worker = NULL, seen_at = NULL WHERE id = $2 AND worker = $3";
        sqlx::query(sql).bind(after(delay)).bind(id).bind(&self.worker).execute(&self.database.pool).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;

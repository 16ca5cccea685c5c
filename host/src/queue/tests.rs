use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::sync::watch;

use super::*;
use crate::database::sqlite_url;

async fn queue() -> (tempfile::TempDir, Queue) {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(&sqlite_url(&directory.path().join("queue.db"))).await.unwrap();
    (directory, Queue::new(database, Duration::from_secs(1)))
}

impl Queue {
    async fn push_now(&self, key: &str, payload: usize) {
        let mut transaction = self.database.begin().await.unwrap();
        let task = Task { queue: "numbers", key, payload: &payload, delay: Duration::ZERO, urgent: false };
        Self::push(&mut transaction, task).await.unwrap();
        transaction.commit().await.unwrap();
    }

    async fn count(&self, condition: &'static str) -> i64 {
        sqlx::query_scalar(condition).fetch_one(&self.database.pool).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_run_once_and_a_task_that_panics_is_run_again() {
    let (_directory, queue) = queue().await;
    let (sum, panics) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (stop, stopped) = watch::channel(false);
    for (key, number) in [("a", 1), ("a", 1), ("b", 10), ("c", 100)] {
        queue.push_now(key, number).await;
    }
    let add = move |number: usize| {
        assert!(number != 10 || panics.fetch_add(1, SeqCst) > 0, "once");
        let stop = (sum.fetch_add(number, SeqCst) + number == 111).then(|| stop.send(true));
        std::future::ready(stop.transpose().map(drop).map_err(|_| unreachable!()))
    };
    queue.run("numbers", 1, add, stopped).await;
    assert_eq!(queue.count("SELECT COUNT(*) FROM tasks WHERE done_at IS NOT NULL").await, 3);
    assert_eq!(queue.count("SELECT attempts FROM tasks WHERE key = 'b'").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_whose_transaction_is_rolled_back_was_never_there_and_done_ones_are_forgotten() {
    let (_directory, queue) = queue().await;
    let mut transaction = queue.database.begin().await.unwrap();
    let task = Task { queue: "numbers", key: "a", payload: &1, delay: Duration::ZERO, urgent: false };
    Queue::push(&mut transaction, task).await.unwrap();
    drop(transaction);
    assert_eq!(queue.count("SELECT COUNT(*) FROM tasks").await, 0);
    queue.push_now("a", 1).await;
    queue.push_now("b", 1).await;
    sqlx::query("UPDATE tasks SET done_at = '2026-01-01T00:00:00.000Z' WHERE key = 'a'")
        .execute(&queue.database.pool)
        .await
        .unwrap();
    queue.tidy().await.unwrap();
    assert_eq!(queue.count("SELECT COUNT(*) FROM tasks").await, 1);
}

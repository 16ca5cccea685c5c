//! Crops of several assets in one request, and several requests at once.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout_at};

use super::breaker::Breaker;
use super::{Facts, RunnerError};
use crate::config;

pub enum Task {
    Ready(Sender<Result<Facts, RunnerError>>),
    Infer(Piece),
}

/// Crops that somebody waits for the features of.
pub struct Piece {
    pub rows: usize,
    pub pixels: Vec<u8>,
    pub reply: Sender<Answer>,
}

/// Features, row by row, and who computed them.
pub type Answer = Result<(Vec<f32>, Facts), RunnerError>;

/// Takes tasks until nobody can give any more.
pub struct Dispatcher {
    tasks: mpsc::UnboundedReceiver<Task>,
    breaker: Arc<Breaker>,
    permits: Arc<Semaphore>,
    max_batch: usize,
    wait: Duration,
}

impl Dispatcher {
    pub fn new(config: &config::Runner, tasks: mpsc::UnboundedReceiver<Task>, breaker: Breaker) -> Self {
        Self {
            tasks,
            breaker: Arc::new(breaker),
            permits: Arc::new(Semaphore::new(config.max_in_flight.into())),
            max_batch: config.max_batch.into(),
            wait: Duration::from_millis(config.batch_wait_ms.into()),
        }
    }

    pub async fn run(mut self) {
        let mut next = self.tasks.recv().await;
        while let Some(task) = next {
            next = match task {
                Task::Ready(reply) => {
                    let breaker = self.breaker.clone();
                    tokio::spawn(async move { reply.send(breaker.admit().await) });
                    None
                }
                Task::Infer(piece) => self.send(piece).await,
            };
            if next.is_none() {
                next = self.tasks.recv().await;
            }
        }
    }

    /// Sends `piece`, with what comes meanwhile and fits; gives back the first that does not.
    async fn send(&mut self, piece: Piece) -> Option<Task> {
        let permit = self.permits.clone().acquire_owned().await.expect("it is never closed");
        let (batch, left) = self.fill(piece).await;
        let breaker = self.breaker.clone();
        tokio::spawn(async move {
            answer(&breaker, batch).await;
            drop(permit);
        });
        left
    }

    async fn fill(&mut self, first: Piece) -> (Vec<Piece>, Option<Task>) {
        let until = Instant::now() + self.wait;
        let (mut rows, mut batch) = (first.rows, vec![first]);
        while rows < self.max_batch {
            match timeout_at(until, self.tasks.recv()).await {
                Ok(Some(Task::Infer(piece))) if rows + piece.rows <= self.max_batch => {
                    rows += piece.rows;
                    batch.push(piece);
                }
                Ok(left) => return (batch, left),
                Err(_) => break,
            }
        }
        (batch, None)
    }
}

/// Asks for the features of all pieces in one request, and hands each its own.
async fn answer(breaker: &Breaker, batch: Vec<Piece>) {
    let rows = batch.iter().map(|piece| piece.rows).sum();
    let crops = batch.iter().map(|piece| &piece.pixels[..]).collect::<Vec<_>>().concat();
    let answer = breaker.ask(rows, crops).await;
    let outcome = answer.as_ref().map_or_else(RunnerError::code, |_| "ok");
    metrics::counter!("veritag_runner_requests_total", "outcome" => outcome).increment(1);
    metrics::counter!("veritag_runner_crops_total", "outcome" => outcome).increment(rows as u64);
    let mut from = 0;
    for Piece { rows: own, reply, .. } in batch {
        let share = |(features, facts): &(Vec<f32>, Facts)| {
            let width = features.len() / rows;
            (features[from * width..(from + own) * width].to_vec(), facts.clone())
        };
        // Who asked may be gone.
        let _ = reply.send(answer.as_ref().map(share).map_err(Clone::clone));
        from += own;
    }
}

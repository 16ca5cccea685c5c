//! Dynamic batching: requests that come at about the same time are computed together.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use veritag::open_inference::{Data, Tensor};

use crate::engine::Engine;

/// Outputs, or what the engine said.
pub type Computed = Result<Vec<Tensor>, String>;

/// Crops that somebody waits for.
struct Job {
    crops: Tensor,
    reply: oneshot::Sender<Computed>,
    since: Instant,
}

/// Takes crops for the engines.
#[derive(Clone)]
pub struct Queue(SyncSender<Job>);

/// Too many requests wait already.
pub struct Full;

/// Where engines take their work; one gathers a batch at a time, while others compute.
#[derive(Clone)]
struct Source {
    jobs: Arc<Mutex<Receiver<Job>>>,
    max_rows: usize,
    max_delay: Duration,
}

impl Queue {
    /// A queue of `length` whose work `engines` do, each in a thread of its own, until nobody can ask them any more.
    pub fn new(engines: Vec<Box<dyn Engine>>, length: usize, max_rows: usize, max_delay: Duration) -> Self {
        let (sender, jobs) = sync_channel(length);
        let source = Source { jobs: Arc::new(Mutex::new(jobs)), max_rows, max_delay };
        for engine in engines {
            let source = source.clone();
            thread::Builder::new().name("engine".into()).spawn(move || work(engine, &source)).expect("a thread");
        }
        Self(sender)
    }

    /// # Errors
    /// [`Full`].
    pub fn push(&self, crops: Tensor) -> Result<oneshot::Receiver<Computed>, Full> {
        let (reply, computed) = oneshot::channel();
        match self.0.try_send(Job { crops, reply, since: Instant::now() }) {
            Ok(()) => Ok(computed),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Full),
        }
    }
}

impl Source {
    /// The first job and those that come within the delay and fit; the one that did not, for the next time.
    fn gather(&self, kept: Option<Job>) -> Option<(Vec<Job>, Option<Job>)> {
        let jobs = match self.jobs.try_lock() {
            Ok(jobs) => jobs,
            // Another gathers, and may wait long for a first job.
            Err(_) if kept.is_some() => return Some((kept.into_iter().collect(), None)),
            Err(_) => self.jobs.lock().unwrap_or_else(PoisonError::into_inner),
        };
        let first = kept.map_or_else(|| jobs.recv().ok(), Some)?;
        let until = Instant::now() + self.max_delay;
        let (mut rows, mut batch) = (first.crops.rows(), vec![first]);
        while rows < self.max_rows {
            match jobs.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(job) if rows + job.crops.rows() > self.max_rows => return Some((batch, Some(job))),
                Ok(job) => {
                    rows += job.crops.rows();
                    batch.push(job);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        Some((batch, None))
    }
}

fn work(mut engine: Box<dyn Engine>, source: &Source) {
    let mut kept = None;
    while let Some((mut batch, next)) = source.gather(kept) {
        kept = next;
        batch.retain(|job| !job.reply.is_closed());
        if !batch.is_empty() {
            compute(engine.as_mut(), batch);
        }
    }
}

fn compute(engine: &mut dyn Engine, batch: Vec<Job>) {
    let crops = join(&batch);
    for job in &batch {
        metrics::histogram!("veritag_runner_queue_seconds").record(job.since.elapsed());
    }
    metrics::histogram!("veritag_runner_batch_crops").record(crops.rows() as f64);
    let begun = Instant::now();
    let computed = engine.infer(&crops);
    metrics::histogram!("veritag_runner_compute_seconds").record(begun.elapsed());
    let mut from = 0;
    for Job { crops, reply, .. } in batch {
        let rows = from..from + crops.rows();
        from = rows.end;
        let own = |outputs: &Vec<Tensor>| outputs.iter().map(|output| output.slice(rows.clone())).collect();
        // Who asked may be gone.
        let _ = reply.send(computed.as_ref().map(own).map_err(Clone::clone));
    }
}

/// The crops of all jobs, which have the same sides.
fn join(batch: &[Job]) -> Tensor {
    let mut crops = batch[0].crops.clone();
    for job in &batch[1..] {
        if let (Data::Uint8(all), Data::Uint8(own)) = (&mut crops.data, &job.crops.data) {
            all.extend_from_slice(own);
            crops.shape[0] += job.crops.rows();
        }
    }
    crops
}

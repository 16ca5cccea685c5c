//! From a message of a source to arrivals in the queue, and to the answer that the source expects.

use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::order::{Followed, Job, Lane, Order};
use super::queue::Queue;
use crate::assessment::{Review, wording};
use crate::config::Source;
use crate::ingest::{Arrival, Dialect, HookError, Place, tusd};
use crate::store::{ArrivalRecord, Received, ReviewRecord, State, Store, StoreError};

/// How long a source that waits for a verdict is kept waiting: tusd gives up after 15 s.
const VERDICT: Duration = Duration::from_secs(12);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub struct Intake {
    pub store: Store,
    pub queue: Queue,
}

/// When an arrival is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    Now,
    /// Before what waits: somebody holds an upload up for it.
    Urgently,
    After(Duration),
}

/// What a source is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The ids that follow the arrivals.
    Accepted(Vec<String>),
    /// In tusd's own words.
    Tusd(Value),
}

#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error(transparent)]
    Hook(#[from] HookError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Intake {
    /// Takes a message of `source`, which has been let in.
    ///
    /// # Errors
    /// [`IntakeError`].
    pub async fn message(&self, source: &Source, headers: &HeaderMap, body: &[u8]) -> Result<Answer, IntakeError> {
        if source.dialect == Dialect::Tusd {
            return self.tusd(source, tusd::message(body)?).await.map(Answer::Tusd);
        }
        let arrivals = source.dialect.arrivals(headers, body)?;
        Ok(Answer::Accepted(self.receive(source, &arrivals).await?))
    }

    /// Records arrivals and queues them; gives the ids that follow them. Those that are known keep theirs, and are tried
    /// anew if they had failed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn receive(&self, source: &Source, arrivals: &[Arrival]) -> Result<Vec<String>, StoreError> {
        let mut ids = Vec::new();
        for arrival in arrivals {
            let Received { mut record, new } = self.store.receive(source, arrival).await?;
            if record.state == State::Failed {
                record = self.store.reopen(&record.id).await?;
            }
            if record.state == State::Waiting {
                // A process may have died between recording it and this.
                self.push(&record, if source.reject.is_empty() { When::Now } else { When::Urgently }).await?;
            }
            if new {
                metrics::counter!("veritag_arrivals_total", "source" => source.name.clone()).increment(1);
                info!(id = record.id, source = source.name, name = arrival.name, "arrived");
            }
            ids.push(record.id);
        }
        Ok(ids)
    }

    /// Queues whatever was recorded by a process that did not live to queue it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_up(&self) -> Result<(), StoreError> {
        for record in self.store.waiting().await? {
            self.push(&record, When::Now).await?;
        }
        Ok(())
    }

    /// Has an arrival done again, whatever became of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn again(&self, id: &str) -> Result<(), StoreError> {
        self.push(&self.store.reopen(id).await?, When::Now).await
    }

    /// Keeps a person's decision on an asset, and has the tags of all that it arrived as follow. None if nobody knows it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn review(
        &self,
        asset: &str,
        review: Review,
        reviewer: &str,
        note: Option<&str>,
    ) -> Result<Option<ReviewRecord>, StoreError> {
        let Some(kept) = self.store.review(asset, review, reviewer, note).await? else { return Ok(None) };
        for record in self.store.arrivals_of(asset).await? {
            let followed = Followed { arrival: record.id, review: kept.id.clone(), attempts: 0 };
            self.follow(followed, Duration::ZERO).await?;
        }
        info!(asset, review = kept.review, reviewer, "reviewed");
        Ok(Some(kept))
    }

    /// Has the tags of an arrival follow a review.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn follow(&self, followed: Followed, delay: Duration) -> Result<(), StoreError> {
        let key = format!("{} {} {}", followed.arrival, followed.review, followed.attempts);
        self.queue.push(Order { job: Job::Follow(followed), key, lane: Lane::Shared, delay, urgent: true }).await
    }

    /// Queues a generation of an arrival, once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn push(&self, record: &ArrivalRecord, when: When) -> Result<(), StoreError> {
        let lane = match &record.arrival.place {
            Place::Upload { spool, .. } => Lane::Spool(spool),
            _ => Lane::Shared,
        };
        let (job, key) = (Job::Assess { arrival: record.id.clone() }, format!("{} {}", record.id, record.generation));
        let delay = if let When::After(delay) = when { delay } else { Duration::ZERO };
        self.queue.push(Order { job, key, lane, delay, urgent: when == When::Urgently }).await
    }

    async fn tusd(&self, source: &Source, message: tusd::Message) -> Result<Value, IntakeError> {
        let asks = message.kind == tusd::Kind::PreFinish && !source.reject.is_empty();
        let arrival = if asks { message.upload()? } else { message.finished()? };
        let ids = self.receive(source, arrival.as_slice()).await?;
        let refusal = match ids.first().filter(|_| asks) {
            Some(id) => self.refusal(source, id).await?,
            None => None,
        };
        Ok(refusal.map_or_else(tusd::accept, |why| tusd::reject(&why)))
    }

    /// Why an upload is to be refused, if the verdict is in time and one of those that the operator does not want.
    async fn refusal(&self, source: &Source, id: &str) -> Result<Option<String>, StoreError> {
        let deadline = Instant::now() + VERDICT;
        while Instant::now() < deadline {
            let record = self.store.arrival(id).await?;
            let waits = record.as_ref().is_some_and(|record| record.state == State::Waiting);
            let Some(assessment) = record.and_then(|record| record.assessment) else {
                if !waits {
                    return Ok(None);
                }
                sleep(LOOK_AGAIN).await;
                continue;
            };
            let assessment = self.store.assessment(&assessment).await?;
            let unwanted = assessment.filter(|assessment| source.reject.contains(&assessment.standing()));
            return Ok(unwanted.map(|assessment| wording::sentence(&assessment)));
        }
        warn!(id, "no verdict in time: the upload is let through");
        Ok(None)
    }
}

//! What a worker does with an arrival: fetch → scan → keep → tag, each step such that doing it again changes nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tracing::{Instrument, error, info, info_span, warn};

use super::intake::{Intake, When};
use super::notify::Notifier;
use super::order::Job;
use super::queue::Work;
use crate::assessment::{Assessment, plain_name};
use crate::blame::diagnose;
use crate::config::Event;
use crate::error::Error;
use crate::fetch::{FetchError, Fetched, Fetcher, Spool};
use crate::files::{sha256_of, version};
use crate::scan::{Scanned, Scanner};
use crate::store::{ArrivalRecord, State, StoreError};
use crate::tags::Tags;

/// How many times its tries an asset may be begun before it counts as what ends the process.
const DEADLY: i64 = 3;
/// How soon another process gets its chance, and how seldom in the end.
const SOON: Duration = Duration::from_secs(5);
const SELDOM: Duration = Duration::from_secs(3600);

pub struct Assessor {
    pub intake: Intake,
    pub fetcher: Fetcher,
    pub notifier: Notifier,
    pub scanner: Arc<Scanner>,
    pub spool: Arc<Spool>,
    /// One for each sandbox: an asset is begun when it can be.
    pub places: Semaphore,
    pub tags: Tags,
    /// How often a passing fault is met before it counts as lasting.
    pub attempts: u16,
}

/// Why an arrival is not done with yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("its tags cannot be written: {0}")]
    Tag(Error),
    #[error("its object cannot be tagged: {0}")]
    TagObject(FetchError),
    #[error("it has changed while it was looked at")]
    Changed,
    #[error("it was begun {0} times, and the process ended each time")]
    Deadly(i64),
    #[error(transparent)]
    Scan(#[from] Error),
}

diagnose! { Fault {
    Self::TagObject(_) => "tags-bad-object", Operator;
    Self::Changed => "fetch-changed", Operator;
    Self::Deadly(_) => "internal-deadly", Us;
} wraps Store, Fetch, Tag, Scan }

impl Work for Assessor {
    async fn work(&self, job: Job) -> Result<(), StoreError> {
        match job {
            Job::Assess { arrival } => self.assess(&arrival).instrument(info_span!("arrival", id = arrival)).await,
            Job::Follow(followed) => {
                let span = info_span!("arrival", id = followed.arrival);
                self.follow(followed).instrument(span).await
            }
            Job::Notify(notice) => {
                let span = info_span!("arrival", id = notice.arrival);
                self.notifier.deliver(&self.intake, notice).instrument(span).await
            }
        }
    }
}

impl Assessor {
    async fn assess(&self, id: &str) -> Result<(), StoreError> {
        let _place = self.places.acquire().await.expect("nobody closes it");
        let waiting = match self.intake.store.arrival(id).await {
            Err(StoreError::Record(why)) => {
                error!(why, "it cannot be read, and is left as it is");
                None
            }
            found => found?.filter(|record| record.state == State::Waiting),
        };
        let Some(record) = waiting else { return Ok(()) };
        if let Err(elsewhere) = self.fetcher.source(&record.source) {
            return self.leave_to_others(&record, &elsewhere).await;
        }
        let Some(record) = self.intake.store.begin(id).await? else { return Ok(()) };
        match self.conclude(&record).await {
            Ok(()) => Ok(()),
            // Without the database nothing can be said of it; a record that cannot be read is another matter.
            Err(Fault::Store(error)) if !matches!(error, StoreError::Record(_)) => Err(error),
            Err(fault) => self.again_or_fail(&record, &fault).await,
        }
    }

    /// Another process on the same database may know its source. The longer it waits, the seldomer it is offered.
    async fn leave_to_others(&self, record: &ArrivalRecord, why: &FetchError) -> Result<(), StoreError> {
        let next = self.intake.store.postpone(&record.id, why.code(), &why.to_string()).await?;
        let Some(next) = next else { return Ok(()) };
        let received = next.received_at.parse::<jiff::Timestamp>().unwrap_or_default();
        let waited = Duration::try_from(jiff::Timestamp::now().duration_since(received)).unwrap_or_default();
        self.intake.push(&next, When::After((waited / 10).clamp(SOON, SELDOM))).await
    }

    /// The verdict comes first: nothing that is done about it takes it back.
    async fn conclude(&self, record: &ArrivalRecord) -> Result<(), Fault> {
        if record.attempts > DEADLY * i64::from(self.attempts) {
            return Err(Fault::Deadly(record.attempts - 1));
        }
        let (store, id) = (&self.intake.store, &record.id);
        let fetched = self.fetcher.fetch(&record.source, &record.arrival, &self.spool).await?;
        let (asset, found) = self.known_or_scanned(&fetched).await?;
        store.conclude(id, &asset, &found).await?;
        self.notifier.announce(&self.intake, record, Event::AssessmentCompleted, &found).await?;
        self.tag(record, &found).await?;
        store.finish(id, State::Done).await?;
        self.spool.release(&record.arrival.place);
        Ok(())
    }

    /// The asset's hash, and the id of the assessment of it.
    async fn known_or_scanned(&self, fetched: &Fetched) -> Result<(String, String), Fault> {
        let (model, plugin) = (&self.scanner.pool.bundle().id.sha256, &self.scanner.plugin.sha256);
        let (path, before) = (fetched.path().to_owned(), version(fetched.path()));
        let asset = blocking(move || std::fs::File::open(path).and_then(sha256_of)).await?;
        let (asset, _) = asset.map_err(FetchError::unreachable)?;
        if let Some(id) = self.intake.store.known(&asset, model, plugin).await? {
            info!("known");
            return Ok((asset, id));
        }
        let assessment = self.scan(fetched.path().to_owned()).await?;
        if version(fetched.path()) != before || assessment.asset.sha256.as_ref().is_some_and(|is| *is != asset) {
            return Err(Fault::Changed);
        }
        let id = self.intake.store.keep(&asset, model, plugin, &assessment).await?;
        Ok((asset, id))
    }

    async fn scan(&self, path: PathBuf) -> Result<Assessment, Fault> {
        let scanner = self.scanner.clone();
        let Scanned { assessment, error, .. } = blocking(move || scanner.scan(&path)).await?;
        metrics::histogram!("veritag_scan_seconds").record(assessment.elapsed_ms as f64 / 1000.0);
        if let Some(error) = error.filter(|error| !error.reason().is_of_asset()) {
            return Err(error.into());
        }
        let verdict = plain_name(&assessment.verdict);
        info!(verdict, score = assessment.score, elapsed_ms = assessment.elapsed_ms, "assessed");
        metrics::counter!("veritag_assessments_total", "verdict" => verdict).increment(1);
        Ok(assessment)
    }

    async fn again_or_fail(&self, record: &ArrivalRecord, fault: &Fault) -> Result<(), StoreError> {
        let (store, id, attempts) = (&self.intake.store, &record.id, record.attempts);
        let (code, why) = (fault.code(), fault.to_string());
        let Some(next) = store.postpone(id, code, &why).await? else { return Ok(()) };
        if fault.blame().may_pass() && attempts < i64::from(self.attempts) {
            let delay = Duration::from_secs(5 << (2 * attempts.min(6)));
            warn!(code, why, attempts, again_in_s = delay.as_secs(), "not done yet");
            return self.intake.push(&next, When::After(delay)).await;
        }
        warn!(code, why, attempts, "failed");
        metrics::counter!("veritag_failures_total", "code" => code.to_owned()).increment(1);
        if next.assessment.is_none() {
            let about = next.generation.to_string();
            self.notifier.announce(&self.intake, record, Event::AssessmentFailed, &about).await?;
        }
        store.finish(id, State::Failed).await?;
        // What may be mended is kept a while, for `sweep --failed`.
        if !fault.blame().may_pass() {
            self.spool.release(&record.arrival.place);
        }
        Ok(())
    }
}

/// Runs what computes or waits for a disk where it holds nobody up.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Bug)
}

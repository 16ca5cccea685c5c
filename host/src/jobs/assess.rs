//! Carrying out a job: fetch → scan → record → tag, each step such that doing it again changes nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tracing::{Instrument, info, info_span, warn};

use super::fault::Fault;
use super::ingest::push;
use crate::assessment::{Assessment, plain_name};
use crate::config::WebhookEvent;
use crate::database::DatabaseError;
use crate::error::Error;
use crate::fetch::{FetchError, Fetched, Fetcher, Spool};
use crate::files::{sha256_of, version};
use crate::records::{JobRecord, Records, State};
use crate::scan::{Scanned, Scanner};
use crate::tags::Tags;
use crate::webhooks::Webhooks;

/// A job that is started so many times its attempts is what ends the process.
const DEADLY: i64 = 3;
/// How soon another process gets its chance, and how rarely in the end.
const MIN_HANDOVER: Duration = Duration::from_secs(5);
const MAX_HANDOVER: Duration = Duration::from_secs(3600);

pub struct Assessor {
    pub records: Records,
    pub fetcher: Fetcher,
    pub webhooks: Webhooks,
    pub scanner: Arc<Scanner>,
    pub spool: Arc<Spool>,
    /// One for each sandbox.
    pub permits: Semaphore,
    pub tags: Tags,
    /// How often a fault that may pass is met before it counts as lasting.
    pub max_attempts: u16,
}

impl Assessor {
    /// Carries out a job, if it still waits.
    ///
    /// # Errors
    /// [`DatabaseError`]: nothing can be recorded about the job; everything else is.
    pub async fn assess(&self, id: &str) -> Result<(), DatabaseError> {
        self.assess_waiting(id).instrument(info_span!("job", id)).await
    }

    async fn assess_waiting(&self, id: &str) -> Result<(), DatabaseError> {
        let waiting = self.records.job(id).await?.filter(|job| job.state == State::Waiting);
        let Some(job) = waiting else { return Ok(()) };
        if let Err(elsewhere) = self.fetcher.source(&job.source) {
            return self.hand_over(&job, &elsewhere).await;
        }
        let Some(job) = self.records.start(id).await? else { return Ok(()) };
        match self.conclude(&job).await {
            Ok(()) => Ok(()),
            // Without the database nothing can be recorded; a record that cannot be read can be.
            Err(Fault::Database(error)) if !matches!(error, DatabaseError::Record(_)) => Err(error),
            Err(fault) => self.retry_or_fail(&job, &fault).await,
        }
    }

    /// Another process on the same database may know its source. The longer it waits, the more rarely it is offered.
    async fn hand_over(&self, job: &JobRecord, why: &FetchError) -> Result<(), DatabaseError> {
        let received = job.received_at.parse::<jiff::Timestamp>().unwrap_or_default();
        let waited = Duration::try_from(jiff::Timestamp::now().duration_since(received)).unwrap_or_default();
        self.postpone(job, why.code(), &why.to_string(), (waited / 10).clamp(MIN_HANDOVER, MAX_HANDOVER)).await
    }

    /// The verdict comes first: nothing that is done about it takes it back.
    async fn conclude(&self, job: &JobRecord) -> Result<(), Fault> {
        if job.attempts > DEADLY * i64::from(self.max_attempts) {
            return Err(Fault::Deadly(job.attempts - 1));
        }
        let fetched = self.fetcher.fetch(&job.source, &job.event, &self.spool).await?;
        let (asset, assessment) = self.known_or_scanned(&fetched).await?;
        let mut transaction = self.records.begin().await?;
        Records::conclude(&mut transaction, job, &asset, &assessment).await?;
        self.webhooks.announce(&mut transaction, job, WebhookEvent::AssessmentCompleted, &assessment).await?;
        transaction.commit().await?;
        self.tag(job, &assessment).await?;
        self.finish(job, State::Done).await?;
        self.spool.release(&job.event.location);
        Ok(())
    }

    /// The asset's hash, and the id of the assessment of it.
    async fn known_or_scanned(&self, fetched: &Fetched) -> Result<(String, String), Fault> {
        let (model, plugin) = (&self.scanner.pool.bundle().id.sha256, &self.scanner.plugin.sha256);
        let (path, before) = (fetched.path().to_owned(), version(fetched.path()));
        let asset = blocking(move || std::fs::File::open(path).and_then(sha256_of)).await?;
        let (asset, _) = asset.map_err(FetchError::unreachable)?;
        if let Some(id) = self.records.known(&asset, model, plugin).await? {
            info!("known");
            return Ok((asset, id));
        }
        let mut assessment = self.scan(fetched.path().to_owned()).await?;
        if version(fetched.path()) != before || assessment.asset.sha256.as_ref().is_some_and(|is| *is != asset) {
            return Err(Fault::Changed);
        }
        if let Some(profile) = self.records.profile(&self.scanner.pool.bundle().id.to_string()).await? {
            assessment.apply(&profile);
        }
        let id = self.records.keep(&asset, model, plugin, &assessment).await?;
        Ok((asset, id))
    }

    async fn scan(&self, path: PathBuf) -> Result<Assessment, Fault> {
        let _permit = self.permits.acquire().await.expect("nobody closes it");
        let (scanner, name) = (self.scanner.clone(), path.to_string_lossy().into_owned());
        let Scanned { mut assessment, error, .. } = blocking(move || scanner.scan(&path)).await?;
        // Where it lies on this machine is nobody else's business.
        if let Some(failure) = &mut assessment.error {
            failure.message = failure.message.replace(&name, "the file");
        }
        metrics::histogram!("veritag_scan_seconds").record(assessment.elapsed_ms as f64 / 1000.0);
        if let Some(error) = error.filter(|error| !error.reason().is_of_asset()) {
            return Err(error.into());
        }
        let verdict = plain_name(&assessment.verdict);
        info!(verdict, score = assessment.score, elapsed_ms = assessment.elapsed_ms, "assessed");
        metrics::counter!("veritag_assessments_total", "verdict" => verdict).increment(1);
        Ok(assessment)
    }

    async fn retry_or_fail(&self, job: &JobRecord, fault: &Fault) -> Result<(), DatabaseError> {
        let (code, why, attempts) = (fault.code(), fault.to_string(), job.attempts);
        if fault.blame().may_pass() && attempts < i64::from(self.max_attempts) {
            let delay = Duration::from_secs(5 << (2 * attempts.min(6)));
            warn!(code, why, attempts, retry_in_s = delay.as_secs(), "not done yet");
            return self.postpone(job, code, &why, delay).await;
        }
        warn!(code, why, attempts, "failed");
        self.fail(job, code, &why).await?;
        // What may be mended is kept a while, for `rescan --failed`.
        if !fault.blame().may_pass() {
            self.spool.release(&job.event.location);
        }
        Ok(())
    }

    /// Keeps why a job is not done, and queues it once more.
    async fn postpone(&self, job: &JobRecord, code: &str, why: &str, delay: Duration) -> Result<(), DatabaseError> {
        let mut transaction = self.records.begin().await?;
        if let Some(next) = Records::postpone(&mut transaction, &job.id, code, why).await? {
            push(&mut transaction, &next, delay, false).await?;
        }
        transaction.commit().await
    }

    async fn fail(&self, job: &JobRecord, code: &str, why: &str) -> Result<(), DatabaseError> {
        let mut transaction = self.records.begin().await?;
        let Some(failed) = Records::postpone(&mut transaction, &job.id, code, why).await? else { return Ok(()) };
        metrics::counter!("veritag_failures_total", "code" => code.to_owned()).increment(1);
        if failed.assessment.is_none() {
            let subject = failed.generation.to_string();
            self.webhooks.announce(&mut transaction, job, WebhookEvent::AssessmentFailed, &subject).await?;
        }
        Records::finish(&mut transaction, &job.id, State::Failed).await?;
        transaction.commit().await
    }

    async fn finish(&self, job: &JobRecord, state: State) -> Result<(), DatabaseError> {
        let mut transaction = self.records.begin().await?;
        Records::finish(&mut transaction, &job.id, state).await?;
        transaction.commit().await
    }
}

/// Runs what computes or waits for a disk where it holds up no other task.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Bug)
}

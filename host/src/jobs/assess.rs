//! What a worker does with an arrival: fetch → scan → keep → tag, each step such that doing it again changes nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tracing::{Instrument, info, info_span, warn};

use super::intake::Intake;
use super::notify::Notifier;
use super::queue::{Job, Work};
use crate::assessment::Assessment;
use crate::config::Tags;
use crate::error::Error;
use crate::fetch::{FetchError, Fetched, Fetcher};
use crate::hash::sha256_of;
use crate::scan::Scanner;
use crate::store::{ArrivalRecord, State, StoreError};
use crate::tags;

pub struct Assessor {
    pub intake: Intake,
    pub fetcher: Fetcher,
    pub notifier: Notifier,
    pub scanner: Arc<Scanner>,
    pub tags: Tags,
    /// How often a passing fault is met before it counts as lasting.
    pub attempts: u16,
}

/// Why an arrival has no assessment yet.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Tag(#[from] Error),
    #[error("{message}")]
    Scan { code: String, message: String },
}

impl Work for Assessor {
    async fn work(&self, job: Job) -> Result<(), StoreError> {
        match job {
            Job::Assess { arrival } => self.assess(&arrival).instrument(info_span!("arrival", id = arrival)).await,
            Job::Notify(notice) => {
                let span = info_span!("arrival", id = notice.arrival);
                self.notifier.deliver(&self.intake, notice).instrument(span).await
            }
        }
    }
}

impl Assessor {
    async fn assess(&self, id: &str) -> Result<(), StoreError> {
        let record = self.intake.store.arrival(id).await?.filter(|record| record.state == State::Waiting);
        let Some(record) = record else { return Ok(()) };
        match self.conclude(&record).await {
            Ok(()) => Ok(()),
            Err(Fault::Store(error)) => Err(error),
            Err(fault) => self.again_or_fail(id, &fault).await,
        }
    }

    async fn conclude(&self, record: &ArrivalRecord) -> Result<(), Fault> {
        let fetched = self.fetcher.fetch(&record.source, &record.arrival).await?;
        let (asset, id, assessment) = self.known_or_scanned(&fetched).await?;
        self.tag(record, &fetched, assessment).await?;
        self.intake.store.conclude(&record.id, &asset, &id).await?;
        self.notifier.announce(&self.intake, &record.id, "assessment.completed").await?;
        self.intake.store.finish(&record.id, State::Done).await?;
        self.fetcher.release(&record.arrival).await;
        Ok(())
    }

    /// The asset's hash, and the assessment of it with its id.
    async fn known_or_scanned(&self, fetched: &Fetched) -> Result<(String, String, Assessment), Fault> {
        let (model, plugin) = (&self.scanner.pool.bundle().id.sha256, &self.scanner.plugin.sha256);
        let path = fetched.path().to_owned();
        let asset = blocking(move || std::fs::File::open(path).and_then(sha256_of)).await;
        let (asset, _) = asset.map_err(FetchError::unreachable)?;
        if let Some((id, assessment)) = self.intake.store.known(&asset, model, plugin).await? {
            info!(verdict = ?assessment.verdict, "known");
            return Ok((asset, id, assessment));
        }
        let assessment = self.scan(fetched.path().to_owned()).await?;
        let id = self.intake.store.keep(&asset, model, plugin, &assessment).await?;
        Ok((asset, id, assessment))
    }

    async fn scan(&self, path: PathBuf) -> Result<Assessment, Fault> {
        let scanner = self.scanner.clone();
        let assessment = blocking(move || scanner.scan(&path).assessment).await;
        metrics::histogram!("veritag_scan_seconds").record(assessment.elapsed_ms as f64 / 1000.0);
        // What is not the asset's fault is no answer about it.
        match (assessment.reason.as_deref(), &assessment.error) {
            (Some("failed" | "not_found" | "unreadable"), Some(error)) => {
                Err(Fault::Scan { code: error.code.clone(), message: error.message.clone() })
            }
            _ => {
                let verdict = crate::assessment::plain_name(&assessment.verdict);
                info!(verdict, score = assessment.score, elapsed_ms = assessment.elapsed_ms, "assessed");
                metrics::counter!("veritag_assessments_total", "verdict" => verdict).increment(1);
                Ok(assessment)
            }
        }
    }

    async fn tag(&self, record: &ArrivalRecord, fetched: &Fetched, mut assessment: Assessment) -> Result<(), Fault> {
        assessment.asset.path = record.arrival.name.clone();
        let (name, value) = self.tags.words.keyword(assessment.verdict).pair();
        if let Some(place) = self.fetcher.tag_object(&record.source, &record.arrival, &name, &value).await? {
            self.intake.store.note(&record.id, "object", &place).await?;
        }
        let Fetched::InPlace(path) = fetched else { return Ok(()) };
        let (path, wanted) = (path.clone(), self.tags.clone());
        for (target, place) in blocking(move || tags::write(&path, &assessment, &wanted)).await? {
            self.intake.store.note(&record.id, target, &place).await?;
        }
        Ok(())
    }

    async fn again_or_fail(&self, id: &str, fault: &Fault) -> Result<(), StoreError> {
        let (code, why) = (fault.code(), fault.to_string());
        let attempts = self.intake.store.tried(id, code, &why).await?;
        if fault.may_pass() && attempts < i64::from(self.attempts) {
            let delay = Duration::from_secs(5 << (2 * attempts.min(6)));
            warn!(code, why, attempts, again_in_s = delay.as_secs(), "not assessed yet");
            return self.intake.queue.push(Job::Assess { arrival: id.into() }, &key(id, attempts), delay).await;
        }
        warn!(code, why, attempts, "failed");
        metrics::counter!("veritag_failures_total", "code" => code.to_owned()).increment(1);
        self.notifier.announce(&self.intake, id, "assessment.failed").await?;
        self.intake.store.finish(id, State::Failed).await
    }
}

/// Names the job of the next try of an arrival.
pub fn key(arrival: &str, attempts: i64) -> String {
    format!("{arrival} {attempts}")
}

impl Fault {
    fn code(&self) -> &str {
        match self {
            Self::Store(error) => error.code(),
            Self::Fetch(error) => error.code(),
            Self::Tag(error) => error.code(),
            Self::Scan { code, .. } => code,
        }
    }

    fn may_pass(&self) -> bool {
        match self {
            Self::Fetch(error) => error.may_pass(),
            Self::Store(_) | Self::Tag(_) | Self::Scan { .. } => true,
        }
    }
}

/// Runs what computes or waits for a disk where it holds nobody up.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("a scan keeps its panics to itself")
}

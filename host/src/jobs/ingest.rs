//! From a message of a source to jobs, and to the answer that the source expects.

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderMap;
use sqlx::AnyConnection;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::sns::Sns;
use crate::assessment::wording;
use crate::config::{ConfigError, Source};
use crate::database::DatabaseError;
use crate::ingest::{Answer, DialectName, HookError, Message, Refused};
use crate::queue::{Queue, Task};
use crate::records::{JobRecord, Received, Records, State};
use crate::upload_event::{Location, UploadEvent};

/// How long a source that waits for a verdict is kept waiting: tusd gives up after 15 s.
const VERDICT_TIMEOUT: Duration = Duration::from_secs(12);
const POLL: Duration = Duration::from_millis(100);

/// Each kind of location has its own queue, so that slow hosts hold up nothing else.
pub(super) const FILES: &str = "files";
pub(super) const OBJECTS: &str = "objects";
pub(super) const URLS: &str = "urls";

#[derive(Clone)]
pub struct Ingest {
    pub records: Records,
    sns: Sns,
}

#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error(transparent)]
    Hook(#[from] HookError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Ingest {
    /// # Errors
    /// [`ConfigError`] when TLS cannot be set up.
    pub fn new(records: Records) -> Result<Self, ConfigError> {
        Ok(Self { records, sns: Sns::new()? })
    }

    /// Handles a message of `source`, which has been authenticated.
    ///
    /// # Errors
    /// [`IngestError`].
    pub async fn handle(&self, source: &Source, headers: &HeaderMap, body: &[u8]) -> Result<Answer, IngestError> {
        let dialect = source.dialect.dialect();
        let mut message = match self.opened(source.dialect, body).await? {
            Some(body) => dialect.read(headers, &body)?,
            None => Message::default(),
        };
        message.refused.iter().for_each(|Refused { record, why }| warn!(source = source.name, record, why, "refused"));
        if message.awaits_verdict && source.reject.is_empty() {
            // Whatever the verdict is, the upload goes on, and will be announced again when it is complete.
            message.events.clear();
        }
        let jobs = self.receive(source, &message.events).await?;
        let rejected = match jobs.first().filter(|_| message.awaits_verdict) {
            Some(job) => self.rejection(source, job).await?,
            None => None,
        };
        Ok(dialect.answer(&jobs, &message.refused, rejected.as_deref()))
    }

    /// What a message says, out of its envelope if it came in one.
    async fn opened<'a>(&self, dialect: DialectName, body: &'a [u8]) -> Result<Option<Cow<'a, [u8]>>, HookError> {
        match dialect {
            DialectName::S3 => self.sns.open(body).await,
            _ => Ok(Some(body.into())),
        }
    }

    /// Makes jobs of upload events; gives their ids. Those that are known keep their job, which is redone if it failed.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn receive(&self, source: &Source, events: &[UploadEvent]) -> Result<Vec<String>, DatabaseError> {
        let mut ids = Vec::new();
        for event in events {
            let mut transaction = self.records.begin().await?;
            let Received { job, is_new } = Records::receive(&mut transaction, source, event).await?;
            let failed = job.state == State::Failed;
            let queued =
                if failed { Records::reset(&mut transaction, &job).await? } else { is_new.then(|| job.clone()) };
            if let Some(job) = queued {
                push(&mut transaction, &job, Duration::ZERO, !source.reject.is_empty()).await?;
            }
            transaction.commit().await?;
            if is_new {
                metrics::counter!("veritag_upload_events_total", "source" => source.name.clone()).increment(1);
                info!(id = job.id, source = source.name, name = event.name, "received");
            }
            ids.push(job.id);
        }
        Ok(ids)
    }

    /// Has a job done again, whatever became of it.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn redo(&self, id: &str) -> Result<(), DatabaseError> {
        let Some(job) = self.records.job(id).await? else { return Ok(()) };
        let mut transaction = self.records.begin().await?;
        if let Some(job) = Records::reset(&mut transaction, &job).await? {
            push(&mut transaction, &job, Duration::ZERO, false).await?;
        }
        transaction.commit().await
    }

    /// Why an upload is to be rejected, if the verdict is in time and one of those that the operator does not want.
    async fn rejection(&self, source: &Source, job: &str) -> Result<Option<String>, DatabaseError> {
        let deadline = Instant::now() + VERDICT_TIMEOUT;
        while Instant::now() < deadline {
            let job = self.records.job(job).await?;
            let waits = job.as_ref().is_some_and(|job| job.state == State::Waiting);
            let Some(assessment) = job.and_then(|job| job.assessment) else {
                if !waits {
                    return Ok(None);
                }
                sleep(POLL).await;
                continue;
            };
            let assessment = self.records.assessment(&assessment).await?;
            let rejected = assessment.filter(|assessment| source.reject.contains(&assessment.standing()));
            return Ok(rejected.map(|assessment| wording::sentence(&assessment)));
        }
        warn!(job, "no verdict in time: the upload is accepted");
        Ok(None)
    }
}

/// The queue of jobs whose asset is at `location`.
pub(super) fn queue_of(location: &Location) -> String {
    match location {
        Location::Path(_) => FILES.into(),
        Location::Object { .. } => OBJECTS.into(),
        Location::Url(_) => URLS.into(),
        // Only where the upload lies.
        Location::Upload { spool, .. } => format!("uploads-{spool}"),
    }
}

/// Queues a generation of a job.
pub(super) async fn push(
    connection: &mut AnyConnection,
    job: &JobRecord,
    delay: Duration,
    urgent: bool,
) -> Result<(), DatabaseError> {
    let (queue, key) = (queue_of(&job.event.location), format!("{} {}", job.id, job.generation));
    Queue::push(connection, Task { queue: &queue, key: &key, payload: &job.id, delay, urgent }).await
}

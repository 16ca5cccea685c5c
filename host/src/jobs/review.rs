//! Reviews: a person's decision, and the tags and webhooks that follow it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use tracing::{info, warn};

use super::Assessor;
use super::fault::Fault;
use crate::assessment::Review;
use crate::config::WebhookEvent;
use crate::database::DatabaseError;
use crate::fetch::FetchError;
use crate::queue::{Queue, Task, retry_delay};
use crate::records::{Records, ReviewRecord, Reviewed};

/// The queue of jobs whose tags are to follow a review.
pub const QUEUE: &str = "reviews";

/// A review that the tags of a job are to follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    pub job: String,
    pub review: String,
    /// How often it has failed.
    pub attempts: usize,
}

/// Keeps a person's decision on an asset, and has the tags of all its jobs follow. None if nobody knows the asset.
///
/// # Errors
/// [`DatabaseError`].
pub async fn review(
    records: &Records,
    asset: &str,
    review: Review,
    reviewer: &str,
    note: Option<&str>,
) -> Result<Option<ReviewRecord>, DatabaseError> {
    let mut transaction = records.begin().await?;
    let reviewed = Records::review(&mut transaction, asset, review, reviewer, note).await?;
    let Some(Reviewed { record, is_new }) = reviewed else { return Ok(None) };
    let jobs = if is_new { Records::jobs_of(&mut transaction, asset).await? } else { Vec::new() };
    for job in jobs {
        let follow = Follow { job: job.id, review: record.id.clone(), attempts: 0 };
        follow.push(&mut transaction, Duration::ZERO).await?;
    }
    transaction.commit().await?;
    info!(asset, review = record.review, reviewer, "reviewed");
    Ok(Some(record))
}

impl Follow {
    async fn push(&self, connection: &mut AnyConnection, delay: Duration) -> Result<(), DatabaseError> {
        let key = format!("{} {} {}", self.job, self.review, self.attempts);
        Queue::push(connection, Task { queue: QUEUE, key: &key, payload: self, delay, urgent: true }).await
    }
}

impl Assessor {
    /// Has tags and receivers of webhooks follow a person's decision.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn follow(&self, follow: Follow) -> Result<(), DatabaseError> {
        let Some(job) = self.records.job(&follow.job).await? else { return Ok(()) };
        let Some(assessment) = &job.assessment else { return Ok(()) };
        let tagged = match self.tag(&job, assessment).await {
            Err(Fault::Database(error)) => return Err(error),
            Err(fault @ Fault::Fetch(FetchError::Elsewhere(_))) => return self.follow_later(follow, &fault).await,
            tagged => tagged,
        };
        let mut transaction = self.records.begin().await?;
        self.webhooks.announce(&mut transaction, &job, WebhookEvent::ReviewChanged, &follow.review).await?;
        transaction.commit().await?;
        match tagged {
            Err(fault) => self.follow_later(follow, &fault).await,
            Ok(()) => Ok(()),
        }
    }

    async fn follow_later(&self, follow: Follow, fault: &Fault) -> Result<(), DatabaseError> {
        let (code, why) = (fault.code(), fault.to_string());
        let Some(delay) = retry_delay(follow.attempts) else {
            warn!(code, why, "its tags do not follow the review, and it is given up");
            return Ok(());
        };
        warn!(code, why, retry_in_s = delay.as_secs(), "its tags do not follow the review yet");
        let mut transaction = self.records.begin().await?;
        Follow { attempts: follow.attempts + 1, ..follow }.push(&mut transaction, delay).await?;
        transaction.commit().await
    }
}

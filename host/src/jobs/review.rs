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
use crate::records::{Decision, Records, ReviewRecord, Reviewed};

/// The queue of jobs whose tags are to follow a review.
pub const QUEUE: &str = "reviews";

/// Most assets of one decision.
pub const MAX_AT_ONCE: usize = 500;

/// A review that the tags of a job are to follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    pub job: String,
    pub review: String,
    /// How often it has failed.
    pub attempts: usize,
    /// Receivers of webhooks have been told.
    #[serde(default)]
    pub announced: bool,
}

/// Keeps a person's decision on assets, and has the tags of all their jobs follow. Gives the decisions on those that are
/// known.
///
/// # Errors
/// [`DatabaseError`].
pub async fn review(
    records: &Records,
    assets: &[String],
    decision: &Decision<'_>,
) -> Result<Vec<ReviewRecord>, DatabaseError> {
    let mut transaction = records.begin().await?;
    Records::lock_log(&mut transaction).await?;
    let mut kept = Vec::new();
    for asset in assets {
        kept.extend(review_one(&mut transaction, asset, decision).await?);
    }
    transaction.commit().await?;
    info!(assets = kept.len(), review = ?decision.review, reviewer = decision.reviewer, "reviewed");
    Ok(kept)
}

/// Has the assets of a batch be as they were before, but for those that were decided on since. Gives the others.
///
/// # Errors
/// [`DatabaseError`].
pub async fn undo(records: &Records, batch: &str, reviewer: &str) -> Result<Vec<String>, DatabaseError> {
    let mut transaction = records.begin().await?;
    Records::lock_log(&mut transaction).await?;
    let assets = Records::undoable(&mut transaction, batch).await?;
    for asset in &assets {
        let before = Records::before_last(&mut transaction, asset).await?;
        let decision = restored(before.as_ref(), reviewer)?;
        review_one(&mut transaction, asset, &decision).await?;
    }
    transaction.commit().await?;
    info!(batch, assets = assets.len(), reviewer, "undone");
    Ok(assets)
}

/// The decision that counted before the one that a person undoes; that nobody has decided, if nobody had.
fn restored<'a>(before: Option<&'a ReviewRecord>, by: &'a str) -> Result<Decision<'a>, DatabaseError> {
    let (review, note) = (Review::NotReviewed, Some("undone"));
    let none = Decision { review, reviewer: by, note, saw_score: None, batch: None, undone_by: Some(by) };
    let Some(before) = before else { return Ok(none) };
    let (note, saw_score) = (before.note.as_deref(), before.saw_score.map(|saw| saw != 0));
    Ok(Decision { review: before.review()?, reviewer: &before.reviewer, note, saw_score, ..none })
}

async fn review_one(
    transaction: &mut AnyConnection,
    asset: &str,
    decision: &Decision<'_>,
) -> Result<Option<ReviewRecord>, DatabaseError> {
    let reviewed = Records::review(transaction, asset, decision).await?;
    let Some(Reviewed { record, is_new }) = reviewed else { return Ok(None) };
    let jobs = if is_new { Records::jobs_of(transaction, asset).await? } else { Vec::new() };
    for job in jobs {
        let follow = Follow { job: job.id, review: record.id.clone(), attempts: 0, announced: false };
        follow.push(transaction, Duration::ZERO).await?;
    }
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
        if !follow.announced {
            let mut transaction = self.records.begin().await?;
            self.webhooks.announce(&mut transaction, &job, WebhookEvent::ReviewChanged, &follow.review).await?;
            transaction.commit().await?;
        }
        match tagged {
            Err(fault) => self.follow_later(Follow { announced: true, ..follow }, &fault).await,
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

//! What the review pages list: each asset with its newest assessment and the decision that counts.

use serde::Serialize;
use sqlx::{AnyConnection, FromRow};

use super::{JobRecord, Records};
use crate::assessment::{Assessment, plain_name};
use crate::database::{DatabaseError, storable};

/// Columns of what has no score: it comes last in any order.
pub(super) const NO_SCORE: f64 = -1.0;
pub(super) const NO_DISTANCE: f64 = 2.0;

/// An asset as the queue shows it.
#[derive(Clone, Debug, PartialEq, Serialize, FromRow, utoipa::ToSchema)]
pub struct Item {
    /// The sha256 of its bytes, in hex.
    pub asset: String,
    pub name: String,
    pub source: String,
    pub verdict: String,
    /// Empty where there is a score.
    pub reason: String,
    pub model: String,
    /// P(fake), 0..1.
    pub score: Option<f64>,
    /// Of the score from the threshold.
    pub distance: Option<f64>,
    pub assessed_at: String,
    pub review: String,
    pub reviewer: Option<String>,
}

impl Item {
    pub fn score(&self) -> Option<f32> {
        self.score.map(|score| score as f32)
    }

    /// Whether a person who decides blind may see what is said of it.
    pub fn is_shown_to(&self, person: &str) -> bool {
        self.reviewer.as_deref() == Some(person)
    }

    pub fn is_reviewed(&self) -> bool {
        self.review != plain_name(&crate::assessment::Review::NotReviewed)
    }
}

impl Records {
    /// Lists the asset of a job that is done, or what is new of it.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn list(
        connection: &mut AnyConnection,
        job: &JobRecord,
        asset: &str,
        assessment: &str,
    ) -> Result<(), DatabaseError> {
        let select = sqlx::query_scalar("SELECT document FROM assessments WHERE id = $1").bind(assessment);
        let document: String = select.fetch_one(&mut *connection).await?;
        let found: Assessment = serde_json::from_str(&document)?;
        let last = super::reviews::last_review(&mut *connection, asset).await?;
        let sql = "INSERT INTO items (asset, assessment, job, name, searched, source, verdict, reason, model, score, \
                   distance, assessed_at, day, review, reviewer) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
                   ON CONFLICT (asset) DO UPDATE SET assessment = excluded.assessment, job = excluded.job, \
                   name = excluded.name, searched = excluded.searched, source = excluded.source, \
                   verdict = excluded.verdict, reason = excluded.reason, model = excluded.model, \
                   score = excluded.score, distance = excluded.distance, assessed_at = excluded.assessed_at, \
                   day = excluded.day";
        let name = storable(&job.event.name);
        let model = found.model.as_ref().map(ToString::to_string);
        let distance = found.score.zip(found.threshold).map(|(score, threshold)| f64::from((score - threshold).abs()));
        let insert = sqlx::query(sql).bind(asset).bind(assessment).bind(&job.id).bind(&name).bind(name.to_lowercase());
        let insert = insert.bind(&job.source).bind(plain_name(&found.verdict));
        let insert = insert.bind(found.reason.as_ref().map(plain_name).unwrap_or_default());
        let insert = insert.bind(model.unwrap_or_default()).bind(found.score.map_or(NO_SCORE, f64::from));
        let insert = insert.bind(distance.unwrap_or(NO_DISTANCE)).bind(&found.assessed_at);
        let insert = insert.bind(found.assessed_at.get(..10).unwrap_or_default());
        let insert = match last {
            Some(last) => insert.bind(last.review).bind(Some(last.reviewer)),
            None => insert.bind(plain_name(&found.review)).bind(None::<String>),
        };
        insert.execute(connection).await?;
        Ok(())
    }

    /// Lists what an earlier version has assessed and not listed.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn list_all(&self) -> Result<(), DatabaseError> {
        let sql = "SELECT * FROM jobs WHERE assessment IS NOT NULL AND NOT EXISTS \
                   (SELECT 1 FROM items WHERE items.asset = jobs.asset) ORDER BY id";
        let jobs: Vec<JobRecord> = sqlx::query_as(sql).fetch_all(&self.database.pool).await?;
        let mut transaction = self.database.begin().await?;
        for job in jobs {
            if let (Some(asset), Some(assessment)) = (&job.asset, &job.assessment) {
                Self::list(&mut transaction, &job, asset, assessment).await?;
            }
        }
        transaction.commit().await
    }

    /// The job that brought an asset last.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn origin(&self, asset: &str) -> Result<Option<JobRecord>, DatabaseError> {
        let sql = "SELECT jobs.* FROM jobs JOIN items ON items.job = jobs.id WHERE items.asset = $1";
        Ok(sqlx::query_as(sql).bind(storable(asset)).fetch_optional(&self.database.pool).await?)
    }
}

//! What people have decided.

use serde::Serialize;
use sqlx::{AnyConnection, FromRow};

use super::{JobRecord, Records};
use crate::assessment::{Review, plain_name};
use crate::database::{DatabaseError, new_id, now};

/// One decision of one person.
#[derive(Clone, Debug, PartialEq, Serialize, FromRow, utoipa::ToSchema)]
pub struct ReviewRecord {
    pub id: String,
    /// `not_reviewed` takes an earlier one back.
    pub review: String,
    pub reviewer: String,
    pub note: Option<String>,
    pub reviewed_at: String,
}

/// A decision, which may be the one that counted before.
#[derive(Clone, Debug)]
pub struct Reviewed {
    pub record: ReviewRecord,
    pub is_new: bool,
}

impl Records {
    /// Keeps a decision on an asset; one that equals the last is that one. None if there is no such asset.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn review(
        connection: &mut AnyConnection,
        asset: &str,
        review: Review,
        reviewer: &str,
        note: Option<&str>,
    ) -> Result<Option<Reviewed>, DatabaseError> {
        // Locks the asset: its reviews are numbered one after the other.
        let lock = sqlx::query("UPDATE assets SET sha256 = sha256 WHERE sha256 = $1").bind(asset);
        if lock.execute(&mut *connection).await?.rows_affected() == 0 {
            return Ok(None);
        }
        let sql = "INSERT INTO reviews (id, asset, number, review, reviewer, note, reviewed_at) \
                   SELECT $1, $2, COALESCE(MAX(number), 0) + 1, $3, $4, $5, $6 FROM reviews WHERE asset = $2";
        let (id, review) = (new_id(), plain_name(&review));
        let last = last_review(&mut *connection, asset).await?;
        let same =
            |last: &ReviewRecord| last.review == review && last.reviewer == reviewer && last.note.as_deref() == note;
        if let Some(record) = last.filter(same) {
            return Ok(Some(Reviewed { record, is_new: false }));
        }
        let insert = sqlx::query(sql).bind(id).bind(asset).bind(review).bind(reviewer).bind(note).bind(now());
        insert.execute(&mut *connection).await?;
        let record = last_review(connection, asset).await?;
        Ok(record.map(|record| Reviewed { record, is_new: true }))
    }

    /// Every decision on an asset, the last one first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn reviews(&self, asset: &str) -> Result<Vec<ReviewRecord>, DatabaseError> {
        let sql = "SELECT id, review, reviewer, note, reviewed_at FROM reviews WHERE asset = $1 ORDER BY number DESC";
        Ok(sqlx::query_as(sql).bind(asset).fetch_all(&self.database.pool).await?)
    }

    /// The decision on an asset that counts.
    pub(super) async fn reviewed(&self, asset: &str) -> Result<Review, DatabaseError> {
        let last = last_review(&mut *self.database.pool.acquire().await?, asset).await?;
        Ok(last.map(|last| serde_json::from_value(last.review.into())).transpose()?.unwrap_or_default())
    }

    /// The jobs that brought an asset, unless a newer one has come to their location.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn jobs_of(connection: &mut AnyConnection, asset: &str) -> Result<Vec<JobRecord>, DatabaseError> {
        let sql = "SELECT * FROM jobs WHERE asset = $1 AND assessment IS NOT NULL AND NOT EXISTS (SELECT 1 FROM \
                   jobs newer WHERE newer.source = jobs.source AND newer.location = jobs.location \
                   AND newer.id > jobs.id) ORDER BY id";
        Ok(sqlx::query_as(sql).bind(asset).fetch_all(connection).await?)
    }
}

async fn last_review(connection: &mut AnyConnection, asset: &str) -> Result<Option<ReviewRecord>, DatabaseError> {
    let sql = "SELECT id, review, reviewer, note, reviewed_at FROM reviews WHERE asset = $1 \
               ORDER BY number DESC LIMIT 1";
    Ok(sqlx::query_as(sql).bind(asset).fetch_optional(connection).await?)
}

//! What people have decided.

use serde::Serialize;
use serde_json::json;
use sqlx::{AnyConnection, FromRow};

use super::{AuditEntry, JobRecord, Records};
use crate::assessment::{Review, plain_name};
use crate::database::{DatabaseError, new_id, now, storable};

/// One decision of one person.
#[derive(Clone, Debug, PartialEq, Serialize, FromRow, utoipa::ToSchema)]
pub struct ReviewRecord {
    pub id: String,
    /// `not_reviewed` takes an earlier one back.
    pub review: String,
    pub reviewer: String,
    pub note: Option<String>,
    pub reviewed_at: String,
    /// Whether the person saw the model's score first: 1, 0, or unknown.
    pub saw_score: Option<i64>,
}

/// What a person decides of one asset or of several at once.
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    pub review: Review,
    pub reviewer: &'a str,
    pub note: Option<&'a str>,
    /// Whether the person saw the model's score first, if that is known.
    pub saw_score: Option<bool>,
    /// Decisions with the same are undone together.
    pub batch: Option<&'a str>,
    /// Who has undone the one after it, of a decision that counts again.
    pub undone_by: Option<&'a str>,
}

/// A decision, which may be the one that counted before.
#[derive(Clone, Debug)]
pub struct Reviewed {
    pub record: ReviewRecord,
    pub is_new: bool,
}

impl ReviewRecord {
    /// # Errors
    /// [`DatabaseError::Record`] if this version knows no such decision.
    pub fn review(&self) -> Result<Review, DatabaseError> {
        Ok(serde_json::from_value(self.review.as_str().into())?)
    }
}

impl Records {
    /// Keeps a decision on an asset; one that equals the last is that one. None if there is no such asset.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn review(
        connection: &mut AnyConnection,
        asset: &str,
        decision: &Decision<'_>,
    ) -> Result<Option<Reviewed>, DatabaseError> {
        // Locks the asset: its reviews are numbered one after the other.
        let lock = sqlx::query("UPDATE assets SET sha256 = sha256 WHERE sha256 = $1").bind(storable(asset));
        if lock.execute(&mut *connection).await?.rows_affected() == 0 {
            return Ok(None);
        }
        let review = plain_name(&decision.review);
        let last = last_review(&mut *connection, asset).await?;
        let same = |last: &ReviewRecord| {
            last.review == review && last.reviewer == decision.reviewer && last.note.as_deref() == decision.note
        };
        if let Some(record) = last.clone().filter(same) {
            return Ok(Some(Reviewed { record, is_new: false }));
        }
        let record = ReviewRecord {
            id: new_id(),
            review,
            reviewer: decision.reviewer.into(),
            note: decision.note.map(str::to_owned),
            reviewed_at: now(),
            saw_score: decision.saw_score.map(i64::from),
        };
        insert(&mut *connection, asset, &record, decision.batch).await?;
        let details = json!({
            "before": last.map(|last| last.review), "after": record.review, "why": record.note,
            "saw_score": decision.saw_score,
        });
        let is_undo = decision.undone_by.is_some() || decision.review == Review::NotReviewed;
        let (actor, action) =
            (decision.undone_by.unwrap_or(decision.reviewer), if is_undo { "undo" } else { "review" });
        Self::log(connection, AuditEntry { actor, action, subject: asset, details }).await?;
        Ok(Some(Reviewed { record, is_new: true }))
    }

    /// The assets of a batch whose last decision is still that of the batch.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn undoable(connection: &mut AnyConnection, batch: &str) -> Result<Vec<String>, DatabaseError> {
        let sql = "SELECT asset FROM reviews WHERE batch = $1 AND NOT EXISTS (SELECT 1 FROM reviews AS later \
                   WHERE later.asset = reviews.asset AND later.number > reviews.number) ORDER BY asset";
        Ok(sqlx::query_scalar(sql).bind(storable(batch)).fetch_all(connection).await?)
    }

    /// The decision on an asset before the last one.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn before_last(
        connection: &mut AnyConnection,
        asset: &str,
    ) -> Result<Option<ReviewRecord>, DatabaseError> {
        let sql = "SELECT id, review, reviewer, note, reviewed_at, saw_score FROM reviews WHERE asset = $1 \
                   ORDER BY number DESC LIMIT 1 OFFSET 1";
        Ok(sqlx::query_as(sql).bind(asset).fetch_optional(connection).await?)
    }

    /// Every decision on an asset, the last one first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn reviews(&self, asset: &str) -> Result<Vec<ReviewRecord>, DatabaseError> {
        let sql = "SELECT id, review, reviewer, note, reviewed_at, saw_score FROM reviews WHERE asset = $1 \
                   ORDER BY number DESC";
        Ok(sqlx::query_as(sql).bind(asset).fetch_all(&self.database.pool).await?)
    }

    /// The decision on an asset that counts.
    pub(super) async fn reviewed(&self, asset: &str) -> Result<Review, DatabaseError> {
        let last = last_review(&mut *self.database.pool.acquire().await?, asset).await?;
        last.map_or(Ok(Review::default()), |last| last.review())
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

async fn insert(
    connection: &mut AnyConnection,
    asset: &str,
    record: &ReviewRecord,
    batch: Option<&str>,
) -> Result<(), DatabaseError> {
    let sql = "INSERT INTO reviews (id, asset, number, review, reviewer, note, reviewed_at, saw_score, batch) \
               SELECT $1, $2, COALESCE(MAX(number), 0) + 1, $3, $4, $5, $6, $7, $8 FROM reviews WHERE asset = $2";
    let insert = sqlx::query(sql).bind(&record.id).bind(asset).bind(&record.review).bind(&record.reviewer);
    let insert = insert.bind(&record.note).bind(&record.reviewed_at).bind(record.saw_score).bind(batch);
    insert.execute(&mut *connection).await?;
    let update = sqlx::query("UPDATE items SET review = $1, reviewer = $2 WHERE asset = $3");
    update.bind(&record.review).bind(&record.reviewer).bind(asset).execute(connection).await?;
    Ok(())
}

pub(super) async fn last_review(
    connection: &mut AnyConnection,
    asset: &str,
) -> Result<Option<ReviewRecord>, DatabaseError> {
    let sql = "SELECT id, review, reviewer, note, reviewed_at, saw_score FROM reviews WHERE asset = $1 \
               ORDER BY number DESC LIMIT 1";
    Ok(sqlx::query_as(sql).bind(storable(asset)).fetch_optional(connection).await?)
}

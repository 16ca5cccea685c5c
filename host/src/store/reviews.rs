//! What people have decided.

use serde::Serialize;
use sqlx::FromRow;

use super::{ArrivalRecord, Store, StoreError, id, now};
use crate::assessment::{Review, plain_name};

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

impl Store {
    /// Keeps a decision on an asset; one that is the same as the last is that one. None if there is no such asset.
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
        let sql = "INSERT INTO reviews (id, asset, review, reviewer, note, reviewed_at) SELECT $1, $2, $3, $4, $5, $6 \
                   WHERE EXISTS (SELECT 1 FROM assets WHERE sha256 = $2) AND NOT EXISTS (SELECT 1 FROM reviews \
                   WHERE id = (SELECT MAX(id) FROM reviews WHERE asset = $2) AND review = $3 AND reviewer = $4 \
                   AND COALESCE(note, '') = COALESCE($5, ''))";
        let insert = sqlx::query(sql).bind(id()).bind(asset).bind(plain_name(&review)).bind(reviewer).bind(note);
        insert.bind(now()).execute(&self.pool).await?;
        self.last_review(asset).await
    }

    /// Every decision on an asset, the last one first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reviews(&self, asset: &str) -> Result<Vec<ReviewRecord>, StoreError> {
        let sql = "SELECT id, review, reviewer, note, reviewed_at FROM reviews WHERE asset = $1 ORDER BY id DESC";
        Ok(sqlx::query_as(sql).bind(asset).fetch_all(&self.pool).await?)
    }

    /// The decision on an asset that counts.
    pub(super) async fn reviewed(&self, asset: &str) -> Result<Review, StoreError> {
        let last = self.last_review(asset).await?;
        Ok(last.map(|last| serde_json::from_value(last.review.into())).transpose()?.unwrap_or_default())
    }

    /// The arrivals that brought an asset, as far as nothing newer has come to their places.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn arrivals_of(&self, asset: &str) -> Result<Vec<ArrivalRecord>, StoreError> {
        let sql = "SELECT * FROM arrivals WHERE asset = $1 AND assessment IS NOT NULL AND NOT EXISTS (SELECT 1 FROM \
                   arrivals newer WHERE newer.source = arrivals.source AND newer.place = arrivals.place \
                   AND newer.id > arrivals.id) ORDER BY id";
        Ok(sqlx::query_as(sql).bind(asset).fetch_all(&self.pool).await?)
    }

    async fn last_review(&self, asset: &str) -> Result<Option<ReviewRecord>, StoreError> {
        let sql =
            "SELECT id, review, reviewer, note, reviewed_at FROM reviews WHERE asset = $1 ORDER BY id DESC LIMIT 1";
        Ok(sqlx::query_as(sql).bind(asset).fetch_optional(&self.pool).await?)
    }
}

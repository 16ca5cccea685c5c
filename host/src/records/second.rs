//! Second readings: what another person says of an asset, without seeing what the first has said.

use serde::Serialize;
use serde_json::json;
use sqlx::FromRow;

use super::{AuditEntry, Records};
use crate::assessment::{Review, plain_name};
use crate::database::{DatabaseError, now, storable};

/// What two people say of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow, utoipa::ToSchema)]
pub struct Pair {
    pub asset: String,
    pub first_reader: String,
    pub first_review: String,
    pub reader: String,
    pub review: String,
}

/// What the second person says.
#[derive(Clone, Copy, Debug)]
pub struct SecondReading<'a> {
    pub asset: &'a str,
    pub review: Review,
    pub reader: &'a str,
}

impl Records {
    /// The next asset among `share` that somebody else has decided on and nobody read a second time.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn next_second_reading(&self, reader: &str, share: f64) -> Result<Option<String>, DatabaseError> {
        let sql = "SELECT asset FROM items WHERE review <> 'not_reviewed' AND reviewer <> $1 AND asset < $2 \
                   AND NOT EXISTS (SELECT 1 FROM second_readings WHERE second_readings.asset = items.asset) \
                   ORDER BY asset LIMIT 1";
        let end = format!("{:08x}", (share.clamp(0.0, 1.0) * f64::from(u32::MAX)) as u32);
        let select = sqlx::query_scalar(sql).bind(reader).bind(if share >= 1.0 { "g".into() } else { end });
        Ok(select.fetch_optional(&self.database.pool).await?)
    }

    /// Keeps a second reading beside the decision that counts, which it does not change. None if the asset is not to be
    /// read a second time, or not by this person.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn read_second(&self, reading: SecondReading<'_>) -> Result<Option<Pair>, DatabaseError> {
        let SecondReading { asset, review, reader } = reading;
        let mut transaction = self.begin().await?;
        let sql = "INSERT INTO second_readings (asset, first_reader, first_review, reader, review, read_at) \
                   SELECT asset, reviewer, review, $1, $2, $3 FROM items WHERE asset = $4 AND reviewer <> $1 \
                   AND review <> 'not_reviewed' ON CONFLICT (asset) DO NOTHING";
        let review = plain_name(&review);
        let insert = sqlx::query(sql).bind(reader).bind(&review).bind(now()).bind(storable(asset));
        if insert.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(None);
        }
        let sql = "SELECT asset, first_reader, first_review, reader, review FROM second_readings WHERE asset = $1";
        let pair: Pair = sqlx::query_as(sql).bind(asset).fetch_one(&mut *transaction).await?;
        let details = json!({ "first": pair.first_review, "second": review });
        Self::log(&mut transaction, AuditEntry { actor: reader, action: "second-reading", subject: asset, details })
            .await?;
        transaction.commit().await?;
        Ok(Some(pair))
    }

    /// Every second reading.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn pairs(&self) -> Result<Vec<Pair>, DatabaseError> {
        let sql = "SELECT asset, first_reader, first_review, reader, review FROM second_readings ORDER BY asset";
        Ok(sqlx::query_as(sql).fetch_all(&self.database.pool).await?)
    }
}

//! What we wrote where, so that nothing else is ever changed or taken back.

use sqlx::FromRow;

use super::{Store, StoreError, now};
use crate::tags::object::Tag;

/// Something of ours, at a place that a source's asset led to.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Written {
    pub arrival: String,
    pub source: String,
    /// `json`, `xmp` or `object`.
    pub target: String,
    pub place: String,
}

impl Store {
    /// Notes that tags of `arrival` are at `place` of `target`: of an object, these.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note(&self, arrival: &str, target: &str, place: &str, wrote: &[Tag]) -> Result<(), StoreError> {
        let sql = "INSERT INTO ledger (arrival, target, place, written_at, wrote) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (arrival, target, place) DO UPDATE SET written_at = excluded.written_at, \
                   wrote = excluded.wrote";
        let wrote = serde_json::to_string(wrote)?;
        let insert = sqlx::query(sql).bind(arrival).bind(target).bind(place).bind(now()).bind(wrote);
        insert.execute(&self.pool).await?;
        Ok(())
    }

    /// The tags at a place that are ours, if they are there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn wrote(&self, target: &str, place: &str) -> Result<Vec<Tag>, StoreError> {
        let sql = "SELECT wrote FROM ledger WHERE target = $1 AND place = $2 ORDER BY written_at DESC LIMIT 1";
        let found = sqlx::query_scalar::<_, Option<String>>(sql).bind(target).bind(place);
        let found = found.fetch_optional(&self.pool).await?.flatten();
        Ok(found.map(|wrote| serde_json::from_str(&wrote)).transpose()?.unwrap_or_default())
    }

    /// All that we wrote, the last first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn written(&self) -> Result<Vec<Written>, StoreError> {
        let sql = "SELECT ledger.arrival, arrivals.source, ledger.target, ledger.place FROM ledger \
                   JOIN arrivals ON arrivals.id = ledger.arrival ORDER BY ledger.written_at DESC";
        Ok(sqlx::query_as(sql).fetch_all(&self.pool).await?)
    }

    /// Forgets what was taken back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn strike(&self, target: &str, place: &str) -> Result<(), StoreError> {
        let delete = sqlx::query("DELETE FROM ledger WHERE target = $1 AND place = $2").bind(target).bind(place);
        delete.execute(&self.pool).await?;
        Ok(())
    }
}

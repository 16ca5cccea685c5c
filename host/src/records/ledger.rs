//! What was written where, so that nothing else is ever changed or removed.

use sqlx::FromRow;

use super::Records;
use crate::database::{DatabaseError, now};
use crate::tags::object::Tag;

/// A tag of ours, at a location that a job led to.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Written {
    pub job: String,
    pub source: String,
    /// `json`, `xmp` or `object`.
    pub target: String,
    pub location: String,
}

impl Records {
    /// Notes that tags of `job` are at `location` of `target`: of an object, these.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn note_written(
        &self,
        job: &str,
        target: &str,
        location: &str,
        wrote: &[Tag],
    ) -> Result<(), DatabaseError> {
        let sql = "INSERT INTO ledger (job, target, location, written_at, wrote) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (job, target, location) DO UPDATE SET written_at = excluded.written_at, \
                   wrote = excluded.wrote";
        let wrote = serde_json::to_string(wrote)?;
        let insert = sqlx::query(sql).bind(job).bind(target).bind(location).bind(now()).bind(wrote);
        insert.execute(&self.database.pool).await?;
        Ok(())
    }

    /// The tags that are ours at a location, if they are still there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn written_tags(&self, target: &str, location: &str) -> Result<Vec<Tag>, DatabaseError> {
        let sql = "SELECT wrote FROM ledger WHERE target = $1 AND location = $2 ORDER BY written_at DESC LIMIT 1";
        let found = sqlx::query_scalar::<_, Option<String>>(sql).bind(target).bind(location);
        let found = found.fetch_optional(&self.database.pool).await?.flatten();
        Ok(found.map(|wrote| serde_json::from_str(&wrote)).transpose()?.unwrap_or_default())
    }

    /// All that was written, the last first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn written(&self) -> Result<Vec<Written>, DatabaseError> {
        let sql = "SELECT ledger.job, jobs.source, ledger.target, ledger.location FROM ledger \
                   JOIN jobs ON jobs.id = ledger.job ORDER BY ledger.written_at DESC";
        Ok(sqlx::query_as(sql).fetch_all(&self.database.pool).await?)
    }

    /// Forgets what was removed.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn forget_written(&self, target: &str, location: &str) -> Result<(), DatabaseError> {
        let delete = sqlx::query("DELETE FROM ledger WHERE target = $1 AND location = $2").bind(target).bind(location);
        delete.execute(&self.database.pool).await?;
        Ok(())
    }
}

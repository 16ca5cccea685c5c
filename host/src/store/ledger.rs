//! What we wrote where.

use super::{Store, StoreError, now};

impl Store {
    /// Notes that tags of `arrival` are at `place` of `target`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note(&self, arrival: &str, target: &str, place: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO ledger (arrival, target, place, written_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (arrival, target, place) DO UPDATE SET written_at = excluded.written_at";
        let insert = sqlx::query(sql).bind(arrival).bind(target).bind(place).bind(now());
        insert.execute(&self.pool).await?;
        Ok(())
    }
}

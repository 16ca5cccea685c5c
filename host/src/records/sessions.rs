//! People who are signed in.

use std::time::Duration;

use super::Records;
use crate::database::{DatabaseError, after, now};
use crate::files::sha256;

/// How long a session lasts.
const LASTS: Duration = Duration::from_secs(12 * 3600);

impl Records {
    /// Begins a session of `person`, whose browser is to show `key`; ends those that are over.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn begin_session(&self, key: &str, person: &str) -> Result<(), DatabaseError> {
        let over = sqlx::query("DELETE FROM sessions WHERE expires_at < $1").bind(now());
        over.execute(&self.database.pool).await?;
        let sql = "INSERT INTO sessions (hash, person, expires_at) VALUES ($1, $2, $3)";
        let insert = sqlx::query(sql).bind(sha256(key.as_bytes())).bind(person).bind(after(LASTS));
        insert.execute(&self.database.pool).await?;
        Ok(())
    }

    /// Whose session it is, if it lasts.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn session(&self, key: &str) -> Result<Option<String>, DatabaseError> {
        let select = sqlx::query_scalar("SELECT person FROM sessions WHERE hash = $1 AND expires_at > $2");
        Ok(select.bind(sha256(key.as_bytes())).bind(now()).fetch_optional(&self.database.pool).await?)
    }

    /// # Errors
    /// [`DatabaseError`].
    pub async fn end_session(&self, key: &str) -> Result<(), DatabaseError> {
        let delete = sqlx::query("DELETE FROM sessions WHERE hash = $1").bind(sha256(key.as_bytes()));
        delete.execute(&self.database.pool).await?;
        Ok(())
    }
}

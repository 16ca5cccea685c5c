//! Bands that a site has set for its own assets.

use serde_json::json;

use super::{AuditEntry, Records};
use crate::calibration::Profile;
use crate::database::{DatabaseError, now, storable};

impl Records {
    /// The profile that counts for a model, by name and version.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn profile(&self, model: &str) -> Result<Option<Profile>, DatabaseError> {
        let sql = "SELECT document FROM profiles WHERE model = $1 ORDER BY number DESC LIMIT 1";
        let found: Option<String> = sqlx::query_scalar(sql).bind(model).fetch_optional(&self.database.pool).await?;
        Ok(found.map(|document| serde_json::from_str(&document)).transpose()?)
    }

    /// Keeps a profile under the next number, which it gives.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn keep_profile(&self, profile: &Profile, by: &str) -> Result<Profile, DatabaseError> {
        let mut transaction = self.begin().await?;
        // Adding to the log comes first: it lets one process through at a time.
        let details = json!({ "after": profile });
        Self::log(&mut transaction, AuditEntry { actor: by, action: "profile", subject: &profile.model, details })
            .await?;
        let sql = "SELECT COALESCE(MAX(number), 0) + 1 FROM profiles";
        let number: i64 = sqlx::query_scalar(sql).fetch_one(&mut *transaction).await?;
        let profile = Profile { number, ..profile.clone() };
        let sql = "INSERT INTO profiles (number, model, document, made_by, made_at) VALUES ($1, $2, $3, $4, $5)";
        let insert = sqlx::query(sql).bind(number).bind(&profile.model).bind(serde_json::to_string(&profile)?);
        insert.bind(storable(by)).bind(now()).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(profile)
    }
}

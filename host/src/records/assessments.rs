//! Assessments, and the assets that they are about.

use super::Records;
use crate::assessment::{Assessment, Review};
use crate::database::{DatabaseError, new_id, now, storable};

impl Records {
    /// The id of the assessment that this model in this plugin gave of an asset.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn known(&self, asset: &str, model: &str, plugin: &str) -> Result<Option<String>, DatabaseError> {
        let sql = "SELECT id FROM assessments WHERE asset = $1 AND model = $2 AND plugin = $3";
        let select = sqlx::query_scalar(sql).bind(asset).bind(model).bind(plugin);
        Ok(select.fetch_optional(&self.database.pool).await?)
    }

    /// An assessment, with what a person has decided since.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn assessment(&self, id: &str) -> Result<Option<Assessment>, DatabaseError> {
        let sql = "SELECT asset, document FROM assessments WHERE id = $1";
        let select = sqlx::query_as::<_, (String, String)>(sql).bind(id);
        let Some((asset, document)) = select.fetch_optional(&self.database.pool).await? else { return Ok(None) };
        read(&document, self.reviewed(&asset).await?).map(Some)
    }

    /// Every assessment of an asset, the newest first, with what a person has decided since.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn assessments(&self, asset: &str) -> Result<Vec<Assessment>, DatabaseError> {
        let select = sqlx::query_scalar("SELECT document FROM assessments WHERE asset = $1 ORDER BY id DESC")
            .bind(storable(asset));
        let documents: Vec<String> = select.fetch_all(&self.database.pool).await?;
        let review = self.reviewed(asset).await?;
        documents.iter().map(|document| read(document, review)).collect()
    }

    /// Keeps an assessment of an asset; where there is one by the same model in the same plugin, that one stays.
    /// Gives the id of the one that counts.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn keep(
        &self,
        asset: &str,
        model: &str,
        plugin: &str,
        assessment: &Assessment,
    ) -> Result<String, DatabaseError> {
        let mut transaction = self.database.begin().await?;
        let sql = "INSERT INTO assets (sha256, bytes, first_seen) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING";
        let bytes = assessment.asset.bytes.unwrap_or_default() as i64;
        sqlx::query(sql).bind(asset).bind(bytes).bind(now()).execute(&mut *transaction).await?;
        let sql = "INSERT INTO assessments (id, asset, model, plugin, verdict, document, assessed_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (asset, model, plugin) DO NOTHING";
        let verdict = crate::assessment::plain_name(&assessment.verdict);
        let insert = sqlx::query(sql).bind(new_id()).bind(asset).bind(model).bind(plugin).bind(verdict);
        let insert = insert.bind(serde_json::to_string(assessment)?).bind(&assessment.assessed_at);
        insert.execute(&mut *transaction).await?;
        let sql = "SELECT id FROM assessments WHERE asset = $1 AND model = $2 AND plugin = $3";
        let select = sqlx::query_scalar(sql).bind(asset).bind(model).bind(plugin);
        let id = select.fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(id)
    }
}

fn read(document: &str, review: Review) -> Result<Assessment, DatabaseError> {
    Ok(serde_json::from_str::<Assessment>(document)?.reviewed(review))
}

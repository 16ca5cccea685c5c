//! Every asset that a person has decided on, with what the model says of it.

use serde::Serialize;
use sqlx::FromRow;

use super::Records;
use crate::calibration::{Case, case};
use crate::database::DatabaseError;

/// The decision that counts, beside what was scored.
#[derive(Clone, Debug, PartialEq, Serialize, FromRow)]
pub struct Labelled {
    pub sha256: String,
    pub name: String,
    pub source: String,
    pub verdict: String,
    pub score: Option<f64>,
    pub model: String,
    pub review: String,
    pub reviewer: String,
    pub reviewed_at: String,
    /// 1, 0, or unknown.
    pub saw_score: Option<i64>,
    pub note: Option<String>,
}

impl Labelled {
    /// As far as calibration can use it: of a model, and by somebody who had not seen the score, unless that is not asked.
    fn case(&self, model: &str, blind: bool) -> Option<Case> {
        let counts = self.model == model && (!blind || self.saw_score == Some(0));
        counts.then(|| case(self.score.map(|score| score as f32), &self.review).ok().flatten()).flatten()
    }
}

impl Records {
    /// What calibration of a model can use.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn cases(&self, model: &str, blind: bool) -> Result<Vec<Case>, DatabaseError> {
        Ok(self.labelled().await?.iter().filter_map(|one| one.case(model, blind)).collect())
    }

    /// In the order in which they were decided.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn labelled(&self) -> Result<Vec<Labelled>, DatabaseError> {
        let sql = "SELECT items.asset AS sha256, items.name, items.source, items.verdict, NULLIF(items.score, -1) AS score, items.model, \
                   reviews.review, reviews.reviewer, reviews.reviewed_at, reviews.saw_score, reviews.note \
                   FROM items JOIN reviews ON reviews.asset = items.asset \
                   WHERE reviews.review <> 'not_reviewed' AND NOT EXISTS (SELECT 1 FROM reviews AS later \
                   WHERE later.asset = reviews.asset AND later.number > reviews.number) ORDER BY reviews.id";
        Ok(sqlx::query_as(sql).fetch_all(&self.database.pool).await?)
    }
}

//! Arrivals, from the hook to the tag.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::FromRow;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Store, StoreError, id, now};
use crate::config::Source;
use crate::files::sha256;
use crate::ingest::Arrival;

/// How far an arrival has come. From `waiting` it goes to one of the others, and nowhere from there but by a person's
/// asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Waiting,
    Done,
    Failed,
}

#[derive(Clone, Debug)]
pub struct ArrivalRecord {
    pub id: String,
    pub source: String,
    pub arrival: Arrival,
    pub state: State,
    /// How often it was begun since somebody asked for it, and how often it was queued.
    pub attempts: i64,
    pub generation: i64,
    pub assessment: Option<String>,
    pub error_code: Option<String>,
    pub error: Option<String>,
    pub received_at: String,
    pub changed_at: String,
}

/// An arrival that was announced, now or before.
#[derive(Clone, Debug)]
pub struct Received {
    pub record: ArrivalRecord,
    pub new: bool,
}

/// What is known of a place.
#[derive(Clone, Debug)]
pub struct Known {
    /// Of its newest arrival.
    pub id: String,
    pub state: State,
    /// The sha256 of the model that assessed it.
    pub model: Option<String>,
}

impl State {
    /// A later version may know others: those are left to it.
    fn named(name: &str) -> sqlx::Result<Self> {
        let all = [Self::Waiting, Self::Done, Self::Failed];
        let found = all.into_iter().find(|state| state.name() == name);
        found.ok_or_else(|| sqlx::Error::Decode(format!("unknown state {name:?}").into()))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl FromRow<'_, AnyRow> for ArrivalRecord {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let decode = |error: serde_json::Error| sqlx::Error::Decode(error.into());
        let state: String = row.try_get("state")?;
        Ok(Self {
            id: row.try_get("id")?,
            source: row.try_get("source")?,
            arrival: serde_json::from_str(row.try_get("arrival")?).map_err(decode)?,
            state: State::named(&state)?,
            attempts: row.try_get("attempts")?,
            generation: row.try_get("generation")?,
            assessment: row.try_get("assessment")?,
            error_code: row.try_get("error_code")?,
            error: row.try_get("error")?,
            received_at: row.try_get("received_at")?,
            changed_at: row.try_get("changed_at")?,
        })
    }
}

impl Store {
    /// Records that `arrival` was announced by `source`. Without a version it may be anything, so it is new; with one,
    /// the same version of the same place is what it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn receive(&self, source: &Source, arrival: &Arrival) -> Result<Received, StoreError> {
        let (id, now, place) = (id(), now(), source.address(&arrival.place));
        // Hashed, since a place may be longer than what a database can index.
        let content = sha256(format!("{place} {}", arrival.version.as_ref().unwrap_or(&id)).as_bytes());
        let sql = "INSERT INTO arrivals (id, source, place, content, arrival, state, attempts, generation, received_at, \
                   changed_at) VALUES ($1, $2, $3, $4, $5, 'waiting', 0, 0, $6, $6) \
                   ON CONFLICT (source, content) DO NOTHING";
        let insert = sqlx::query(sql).bind(&id).bind(&source.name).bind(&place).bind(&content);
        let insert = insert.bind(serde_json::to_string(arrival)?).bind(&now);
        let new = insert.execute(&self.pool).await?.rows_affected() == 1;
        let sql = "SELECT * FROM arrivals WHERE source = $1 AND content = $2";
        let record = sqlx::query_as(sql).bind(&source.name).bind(&content).fetch_one(&self.pool).await?;
        Ok(Received { record, new })
    }

    /// What is known of each place of a source: its newest arrival.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn known_places(&self, source: &str) -> Result<HashMap<String, Known>, StoreError> {
        let sql = "SELECT arrivals.place, arrivals.id, arrivals.state, assessments.model FROM arrivals \
                   LEFT JOIN assessments ON assessments.id = arrivals.assessment \
                   WHERE arrivals.source = $1 ORDER BY arrivals.id";
        let select = sqlx::query_as::<_, (String, String, String, Option<String>)>(sql).bind(source);
        let known = |(place, id, state, model): (_, _, String, _)| {
            Ok((place, Known { id, state: State::named(&state)?, model }))
        };
        select.fetch_all(&self.pool).await?.into_iter().map(known).collect()
    }

    /// Has an arrival done again, in a new generation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reopen(&self, id: &str) -> Result<ArrivalRecord, StoreError> {
        let sql = "UPDATE arrivals SET state = 'waiting', attempts = 0, generation = generation + 1, changed_at = $2 \
                   WHERE id = $1 RETURNING *";
        Ok(sqlx::query_as(sql).bind(id).bind(now()).fetch_one(&self.pool).await?)
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn arrival(&self, id: &str) -> Result<Option<ArrivalRecord>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM arrivals WHERE id = $1").bind(id).fetch_optional(&self.pool).await?)
    }

    /// Those that are still to be looked at, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn waiting(&self) -> Result<Vec<ArrivalRecord>, StoreError> {
        let sql = "SELECT * FROM arrivals WHERE state = 'waiting' ORDER BY id";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        // One that cannot be read, perhaps of a later version, holds up no other.
        Ok(rows.iter().filter_map(|row| ArrivalRecord::from_row(row).ok()).collect())
    }

    /// Counts that a waiting arrival is begun, and gives it; None if it is not waiting.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin(&self, id: &str) -> Result<Option<ArrivalRecord>, StoreError> {
        let sql = "UPDATE arrivals SET attempts = attempts + 1, changed_at = $2 WHERE id = $1 AND state = 'waiting' \
                   RETURNING *";
        Ok(sqlx::query_as(sql).bind(id).bind(now()).fetch_optional(&self.pool).await?)
    }

    /// Says why a waiting arrival was begun in vain, and gives its next generation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn postpone(&self, id: &str, code: &str, error: &str) -> Result<Option<ArrivalRecord>, StoreError> {
        let sql = "UPDATE arrivals SET generation = generation + 1, error_code = $2, error = $3, changed_at = $4 \
                   WHERE id = $1 AND state = 'waiting' RETURNING *";
        // PostgreSQL takes no NUL in a text.
        let error = error.replace('\0', "\u{fffd}");
        let update = sqlx::query_as(sql).bind(id).bind(code).bind(error).bind(now());
        Ok(update.fetch_optional(&self.pool).await?)
    }

    /// Says what was found; there may be more to do about it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conclude(&self, id: &str, asset: &str, assessment: &str) -> Result<(), StoreError> {
        let sql = "UPDATE arrivals SET asset = $2, assessment = $3, error_code = NULL, error = NULL, changed_at = $4 \
                   WHERE id = $1";
        let update = sqlx::query(sql).bind(id).bind(asset).bind(assessment).bind(now());
        update.execute(&self.pool).await?;
        Ok(())
    }

    /// Says that there is no more to do about a waiting arrival.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn finish(&self, id: &str, state: State) -> Result<(), StoreError> {
        let sql = "UPDATE arrivals SET state = $2, changed_at = $3 WHERE id = $1 AND state = 'waiting'";
        sqlx::query(sql).bind(id).bind(state.name()).bind(now()).execute(&self.pool).await?;
        Ok(())
    }

    /// How many arrivals are in each state, those without any included.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tally(&self) -> Result<[(&'static str, i64); 3], StoreError> {
        let sql = "SELECT state, COUNT(*) FROM arrivals GROUP BY state";
        let found: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        let number =
            |state: State| found.iter().find(|(name, _)| name == state.name()).map_or(0, |(_, number)| *number);
        Ok([State::Waiting, State::Done, State::Failed].map(|state| (state.name(), number(state))))
    }

    /// Whether an arrival at this address is still to be looked at.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_awaited(&self, place: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM arrivals WHERE place = $1 AND state = 'waiting'";
        Ok(sqlx::query(sql).bind(place).fetch_optional(&self.pool).await?.is_some())
    }

    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn answers(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }
}

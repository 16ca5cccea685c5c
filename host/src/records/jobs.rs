//! Jobs, from the upload event to the tag.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, FromRow, Row};

use super::Records;
use crate::config::Source;
use crate::database::{DatabaseError, new_id, now, storable};
use crate::files::sha256;
use crate::upload_event::{Location, UploadEvent};

/// How far a job has come. From `waiting` it goes to one of the others, and back only on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Waiting,
    Done,
    Failed,
}

#[derive(Clone, Debug)]
pub struct JobRecord {
    pub id: String,
    pub source: String,
    pub event: UploadEvent,
    pub state: State,
    /// How often it was started since it was last requested, and how often it was queued at all.
    pub attempts: i64,
    pub generation: i64,
    /// The sha256 of its bytes, and the id of the assessment, once there is one.
    pub asset: Option<String>,
    pub assessment: Option<String>,
    pub error_code: Option<String>,
    pub error: Option<String>,
    pub received_at: String,
    pub changed_at: String,
}

/// The job of an event, which may have been there before.
#[derive(Clone, Debug)]
pub struct Received {
    pub job: JobRecord,
    pub is_new: bool,
}

/// What is known of a location.
#[derive(Clone, Debug)]
pub struct KnownLocation {
    pub location: Location,
    /// Its newest job.
    pub job: String,
    pub state: State,
    /// The sha256 of the model that assessed it.
    pub model: Option<String>,
}

impl State {
    /// A later version may have others: those jobs are left to it.
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

impl FromRow<'_, AnyRow> for JobRecord {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let decode = |error: serde_json::Error| sqlx::Error::Decode(error.into());
        let state: String = row.try_get("state")?;
        Ok(Self {
            id: row.try_get("id")?,
            source: row.try_get("source")?,
            event: serde_json::from_str(row.try_get("event")?).map_err(decode)?,
            state: State::named(&state)?,
            attempts: row.try_get("attempts")?,
            generation: row.try_get("generation")?,
            asset: row.try_get("asset")?,
            assessment: row.try_get("assessment")?,
            error_code: row.try_get("error_code")?,
            error: row.try_get("error")?,
            received_at: row.try_get("received_at")?,
            changed_at: row.try_get("changed_at")?,
        })
    }
}

/// Reading.
impl Records {
    /// # Errors
    /// [`DatabaseError`].
    pub async fn job(&self, id: &str) -> Result<Option<JobRecord>, DatabaseError> {
        let select = sqlx::query_as("SELECT * FROM jobs WHERE id = $1").bind(id);
        Ok(select.fetch_optional(&self.database.pool).await?)
    }

    /// What is known of each location of a source, by its address.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn known_locations(&self, source: &str) -> Result<HashMap<String, KnownLocation>, DatabaseError> {
        let sql = "SELECT jobs.location, jobs.event, jobs.id, jobs.state, assessments.model FROM jobs \
                   LEFT JOIN assessments ON assessments.id = jobs.assessment \
                   WHERE jobs.source = $1 ORDER BY jobs.id";
        let select = sqlx::query_as::<_, (String, String, String, String, Option<String>)>(sql).bind(source);
        let known = |(address, event, job, state, model): (_, String, _, String, _)| {
            let UploadEvent { location, .. } = serde_json::from_str(&event)?;
            Ok((address, KnownLocation { location, job, state: State::named(&state)?, model }))
        };
        select.fetch_all(&self.database.pool).await?.into_iter().map(known).collect()
    }

    /// How many jobs are in each state, those without any included.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn count_jobs(&self) -> Result<[(&'static str, i64); 3], DatabaseError> {
        let sql = "SELECT state, COUNT(*) FROM jobs GROUP BY state";
        let found: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&self.database.pool).await?;
        let number =
            |state: State| found.iter().find(|(name, _)| name == state.name()).map_or(0, |(_, number)| *number);
        Ok([State::Waiting, State::Done, State::Failed].map(|state| (state.name(), number(state))))
    }

    /// Whether a job waits for what is at this location.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn is_awaited(&self, location: &str) -> Result<bool, DatabaseError> {
        let sql = "SELECT 1 FROM jobs WHERE location = $1 AND state = 'waiting'";
        Ok(sqlx::query(sql).bind(location).fetch_optional(&self.database.pool).await?.is_some())
    }
}

/// Writing.
impl Records {
    /// The job of an event, new or not: without a version the content may be anything, so it is new; with one, the same
    /// version of the same location is the same job.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn receive(
        connection: &mut AnyConnection,
        source: &Source,
        event: &UploadEvent,
    ) -> Result<Received, DatabaseError> {
        let (id, now, location) = (new_id(), now(), source.address(&event.location));
        // Hashed, since a location may be longer than what a database can index.
        let content = sha256(format!("{location} {}", event.version.as_ref().unwrap_or(&id)).as_bytes());
        let sql = "INSERT INTO jobs (id, source, location, content, event, state, attempts, generation, received_at, \
                   changed_at) VALUES ($1, $2, $3, $4, $5, 'waiting', 0, 0, $6, $6) \
                   ON CONFLICT (source, content) DO NOTHING";
        let insert = sqlx::query(sql).bind(&id).bind(&source.name).bind(&location).bind(&content);
        let insert = insert.bind(serde_json::to_string(event)?).bind(&now);
        let is_new = insert.execute(&mut *connection).await?.rows_affected() == 1;
        let select = sqlx::query_as("SELECT * FROM jobs WHERE source = $1 AND content = $2");
        let job = select.bind(&source.name).bind(&content).fetch_one(connection).await?;
        Ok(Received { job, is_new })
    }

    /// Has a job wait again, in a new generation; None if it has changed since `known` was read.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn reset(connection: &mut AnyConnection, known: &JobRecord) -> Result<Option<JobRecord>, DatabaseError> {
        let sql = "UPDATE jobs SET state = 'waiting', attempts = 0, generation = generation + 1, changed_at = $1 \
                   WHERE id = $2 AND state = $3 AND generation = $4 RETURNING *";
        let update = sqlx::query_as(sql).bind(now()).bind(&known.id).bind(known.state.name()).bind(known.generation);
        Ok(update.fetch_optional(connection).await?)
    }

    /// Counts an attempt at a waiting job, and gives the job; None if it does not wait.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn start(&self, id: &str) -> Result<Option<JobRecord>, DatabaseError> {
        let sql = "UPDATE jobs SET attempts = attempts + 1, changed_at = $1 WHERE id = $2 AND state = 'waiting' \
                   RETURNING *";
        Ok(sqlx::query_as(sql).bind(now()).bind(id).fetch_optional(&self.database.pool).await?)
    }

    /// Keeps why an attempt at a waiting job failed, and gives the job in its next generation; None if it does not wait.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn postpone(
        connection: &mut AnyConnection,
        id: &str,
        code: &str,
        error: &str,
    ) -> Result<Option<JobRecord>, DatabaseError> {
        let sql = "UPDATE jobs SET generation = generation + 1, error_code = $1, error = $2, changed_at = $3 \
                   WHERE id = $4 AND state = 'waiting' RETURNING *";
        let update = sqlx::query_as(sql).bind(code).bind(storable(error)).bind(now()).bind(id);
        Ok(update.fetch_optional(connection).await?)
    }

    /// Keeps what was found; the tags are still to be written.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn conclude(
        connection: &mut AnyConnection,
        job: &JobRecord,
        asset: &str,
        assessment: &str,
    ) -> Result<(), DatabaseError> {
        let sql = "UPDATE jobs SET asset = $1, assessment = $2, error_code = NULL, error = NULL, changed_at = $3 \
                   WHERE id = $4";
        let update = sqlx::query(sql).bind(asset).bind(assessment).bind(now()).bind(&job.id);
        update.execute(&mut *connection).await?;
        Self::list(connection, job, asset, assessment).await
    }

    /// Ends a waiting job.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn finish(connection: &mut AnyConnection, id: &str, state: State) -> Result<(), DatabaseError> {
        let sql = "UPDATE jobs SET state = $1, changed_at = $2 WHERE id = $3 AND state = 'waiting'";
        sqlx::query(sql).bind(state.name()).bind(now()).bind(id).execute(connection).await?;
        Ok(())
    }
}

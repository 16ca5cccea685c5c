//! `/v1/jobs/ID`: what has become of an upload.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Serialize;
use tokio::time::sleep;
use utoipa::ToSchema;

use super::App;
use super::problem::Problem;
use crate::assessment::Assessment;
use crate::records::{JobRecord, State as JobState};

const POLL: Duration = Duration::from_millis(250);

/// An upload, and its assessment once there is one.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct Job {
    pub id: String,
    pub source: String,
    pub state: JobState,
    pub name: String,
    /// What the source calls the asset.
    pub external: Option<String>,
    /// How often it was started.
    pub attempts: i64,
    pub error_code: Option<String>,
    pub error: Option<String>,
    pub received_at: String,
    pub changed_at: String,
    /// As `veritag schema` describes it.
    #[schema(value_type = Option<Object>)]
    pub assessment: Option<Assessment>,
}

/// What has become of an upload.
#[utoipa::path(get, path = "/v1/jobs/{id}", security(()), params(("id" = String, Path, description = "As the hook answered")),
    responses((status = 200, body = Job), (status = 404, body = Problem), (status = 503, body = Problem)))]
pub async fn job(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<Job>, Problem> {
    Ok(Json(look(&app, &id).await?))
}

/// The same as server-sent events, one whenever something changes, until there is no more to come.
#[utoipa::path(get, path = "/v1/jobs/{id}/events", security(()), params(("id" = String, Path, description = "As the hook answered")),
    responses((status = 200, content_type = "text/event-stream", body = Job), (status = 404, body = Problem)))]
pub async fn events(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let first = look(&app, &id).await?;
    let changes = unfold((app, Some(first)), |(app, job)| async move {
        let job = job?;
        let event = Event::default().event("job").json_data(&job).ok()?;
        let next = if job.state == JobState::Waiting { Some(change(&app, &job).await) } else { None };
        Some((Ok(event), (app, next)))
    });
    Ok(Sse::new(changes).keep_alive(KeepAlive::default()))
}

/// Waits for something to change, also while the database is away.
async fn change(app: &App, before: &Job) -> Job {
    loop {
        sleep(POLL).await;
        match look(app, &before.id).await {
            Ok(now) if now != *before => return now,
            _ => {}
        }
    }
}

async fn look(app: &App, id: &str) -> Result<Job, Problem> {
    // PostgreSQL takes no NUL in a text.
    let known = if id.contains('\0') { None } else { app.ingest.records.job(id).await? };
    let record = known.ok_or_else(|| Problem::not_found("job"))?;
    let assessment = match &record.assessment {
        Some(id) => app.ingest.records.assessment(id).await?,
        None => None,
    };
    let assessment = assessment.map(|mut assessment| {
        assessment.asset.path = record.event.name.clone();
        assessment
    });
    let JobRecord { id, source, event, state, attempts, error_code, error, received_at, changed_at, .. } = record;
    let (name, external) = (event.name, event.external);
    Ok(Job { id, source, state, name, external, attempts, error_code, error, received_at, changed_at, assessment })
}

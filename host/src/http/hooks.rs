//! `/v1/hooks/SOURCE`: where other systems say that assets have arrived.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::auth::Guard;
use super::problem::Problem;
use crate::config::Source;
use crate::ingest::HookError;
use crate::jobs::Answer;

/// The jobs that a message has led to, one an asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    pub jobs: Vec<String>,
}

/// Says that assets have arrived, in the source's dialect. tusd is answered in its own words.
#[utoipa::path(post, path = "/v1/hooks/{source}", params(("source" = String, Path, description = "As veritag.toml names it")),
    request_body(content = String, description = "A message of the source's dialect"),
    responses((status = 202, body = Accepted), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn receive(
    State(app): State<Arc<App>>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let (source, guard) = find(&app, &source)?;
    guard.admit(&headers, &body)?;
    Ok(match app.intake.message(source, &headers, &body).await? {
        Answer::Accepted(jobs) => (StatusCode::ACCEPTED, Json(Accepted { jobs })).into_response(),
        Answer::Tusd(answer) => Json(answer).into_response(),
    })
}

/// Whether a hook with this token would be taken: some stores ask before they send.
#[utoipa::path(head, path = "/v1/hooks/{source}", params(("source" = String, Path, description = "As veritag.toml names it")),
    responses((status = 200), (status = "4XX", body = Problem)))]
pub async fn check(
    State(app): State<Arc<App>>,
    Path(source): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let (_, guard) = find(&app, &source)?;
    if !matches!(guard, Guard::Signature(_)) {
        guard.admit(&headers, &[])?;
    }
    Ok(StatusCode::OK)
}

fn find<'a>(app: &'a App, name: &str) -> Result<&'a (Source, Guard), HookError> {
    let found = app.sources.iter().find(|(source, _)| source.name == name);
    found.ok_or_else(|| HookError::UnknownSource(name.to_owned()))
}

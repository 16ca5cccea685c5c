//! `/v1/hooks/SOURCE`: where other systems say that assets were uploaded.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use super::{App, Auth};
use crate::config::Source;
use crate::ingest::{Answer, HookError, Refused};

/// The jobs that a message has led to, one an asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    pub jobs: Vec<String>,
    /// Records of a batch that were not taken, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
}

/// Says that assets were uploaded, in the source's dialect. A message that announces none is answered 200, and some dialects
/// are in their own words.
#[utoipa::path(post, path = "/v1/hooks/{source}", params(("source" = String, Path, description = "As veritag.toml names it")),
    request_body(content = String, description = "A message of the source's dialect"),
    security((), ("token" = [])),
    responses((status = 200, body = Accepted), (status = 202, body = Accepted), (status = "4XX", body = Problem),
        (status = 503, body = Problem)))]
pub async fn receive(
    State(app): State<Arc<App>>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let (source, auth) = find(&app, &source)?;
    auth.check(&headers, &body)?;
    let Answer { status, body } = app.ingest.handle(source, &headers, &body).await?;
    Ok((status, Json(body)).into_response())
}

/// Whether a hook with this token would be accepted: some stores ask before they send.
#[utoipa::path(head, path = "/v1/hooks/{source}", params(("source" = String, Path, description = "As veritag.toml names it")),
    security((), ("token" = [])),
    responses((status = 200), (status = "4XX", body = Problem)))]
pub async fn check(
    State(app): State<Arc<App>>,
    Path(source): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let (_, auth) = find(&app, &source)?;
    if !auth.signs() {
        auth.check(&headers, &[])?;
    }
    Ok(StatusCode::OK)
}

fn find<'a>(app: &'a App, name: &str) -> Result<&'a (Source, Auth), HookError> {
    let found = app.sources.iter().find(|(source, _)| source.name == name);
    found.ok_or_else(|| HookError::UnknownSource(name.to_owned()))
}

//! `/v1/assets`: our own way in, by upload or by reference.

use std::sync::Arc;

use axum::Json;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::TryStreamExt;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use utoipa::ToSchema;

use super::hooks::Accepted;
use super::problem::Problem;
use super::{App, Auth};
use crate::config::Source;
use crate::ingest::{DialectName, HookError, own};
use crate::upload_event::UploadEvent;

/// A form with one file.
#[derive(ToSchema)]
#[allow(dead_code)]
struct Upload {
    #[schema(format = Binary)]
    file: String,
}

/// Takes an asset, uploaded as a form's `file` or named by a reference. Uploads need a source with a token: what is
/// signed must be held whole.
#[utoipa::path(post, path = "/v1/assets",
    request_body(content((own::Reference = "application/json"), (Upload = "multipart/form-data"))),
    responses((status = 202, body = Accepted), (status = "4XX", body = Problem), (status = 503, body = Problem),
        (status = 507, body = Problem, description = "The spool is full")))]
pub async fn receive(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let (source, event) = match is_form(&headers) {
        true => {
            let source = by_token(&app, &headers)?;
            (source, upload(&app, request).await?)
        }
        false => {
            let body = Bytes::from_request(request, &()).await.map_err(|error| unreadable(error.status(), error))?;
            (authenticated(&app, |auth| auth.check(&headers, &body).is_ok())?, own::upload_event(&body)?)
        }
    };
    let location = event.location.clone();
    let received = app.ingest.receive(source, &[event]).await;
    if received.is_err() && !app.ingest.records.is_awaited(&location.to_string()).await.unwrap_or(true) {
        app.spool.release(&location);
    }
    let jobs = received?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { jobs, refused: Vec::new() })).into_response())
}

fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|text| text.to_ascii_lowercase().starts_with("multipart/form-data"))
}

/// The source of our own dialect whose token this request bears, or that is open.
pub fn by_token<'a>(app: &'a App, headers: &HeaderMap) -> Result<&'a Source, HookError> {
    authenticated(app, |auth| !matches!(auth, Auth::Signature(_)) && auth.check(headers, &[]).is_ok())
}

/// The source of our own dialect as which this request is authenticated.
fn authenticated(app: &App, by: impl Fn(&Auth) -> bool) -> Result<&Source, HookError> {
    let mut own = app.sources.iter().filter(|(source, _)| source.dialect == DialectName::Veritag);
    let found = own.find(|(_, auth)| by(auth));
    found.map(|(source, _)| source).ok_or(HookError::Unauthorised)
}

async fn upload(app: &App, mut request: Request) -> Result<UploadEvent, Problem> {
    DefaultBodyLimit::max(app.max_bytes as usize).apply(&mut request);
    let expected = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|error| unreadable(error.status(), error))?;
    while let Some(field) = form.next_field().await.map_err(|error| unreadable(error.status(), error))? {
        if field.name() == Some("file") {
            let name = field.file_name().map(str::to_owned);
            let kept = app.spool.keep(expected, field.map_err(|error| unreadable(error.status(), error))).await?;
            return Ok(UploadEvent::new(kept).named(name));
        }
    }
    Err(HookError::malformed("veritag")("the form has no field `file`").into())
}

fn unreadable(status: StatusCode, error: impl std::fmt::Display) -> Problem {
    let code = if status == StatusCode::PAYLOAD_TOO_LARGE { "hook-too-large" } else { "hook-malformed" };
    Problem::new(status, code, error)
}

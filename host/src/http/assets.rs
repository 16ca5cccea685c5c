//! `/v1/assets`: our own way in, by upload or by reference.

use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::Field;
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
use crate::upload_event::{Location, UploadEvent};

/// More than any text of a form has.
const MAX_TEXT: usize = 4096;

/// A form with one file.
#[derive(ToSchema)]
#[allow(dead_code)]
struct Upload {
    #[schema(format = Binary)]
    file: String,
    /// What people call it [default: the file's name].
    name: Option<String>,
    /// What tells this content from an earlier one.
    version: Option<String>,
    /// What you call it: comes back with every answer.
    external: Option<String>,
}

/// What of a form has been read.
#[derive(Default)]
struct Form {
    kept: Option<Location>,
    file_name: Option<String>,
    name: Option<String>,
    version: Option<String>,
    external: Option<String>,
}

/// Takes an asset, uploaded as a form's `file` or named by a reference. Sources that sign cannot upload: what is signed must
/// be held whole.
#[utoipa::path(post, path = "/v1/assets",
    request_body(content((own::Reference = "application/json"), (Upload = "multipart/form-data"))),
    security((), ("token" = [])),
    responses((status = 202, body = Accepted), (status = "4XX", body = Problem), (status = 503, body = Problem),
        (status = 507, body = Problem, description = "The spool is full")))]
pub async fn receive(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let (source, event) = match is_form(&headers) {
        true => {
            let source = authenticated(&app, |auth| !auth.signs() && auth.check(&headers, &[]).is_ok())?;
            (source, upload(&app, request).await?)
        }
        false => {
            let body = Bytes::from_request(request, &()).await.map_err(|error| unreadable(error.status(), error))?;
            (
                authenticated(&app, |auth| auth.check(&headers, &body).is_ok())?,
                own::upload_event(&body).map_err(unnamed)?,
            )
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

/// The source of our own dialect whose token this request bears; who may announce uploads without may do nothing else.
pub fn by_token<'a>(app: &'a App, headers: &HeaderMap) -> Result<&'a Source, HookError> {
    authenticated(app, |auth| matches!(auth, Auth::Token(_)) && auth.check(headers, &[]).is_ok())
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
    let mut found = Form::default();
    let read = found.read(app, expected, &mut form).await;
    let Form { kept, file_name, name, version, external } = found;
    if let (Err(_), Some(kept)) = (&read, &kept) {
        app.spool.release(kept);
    }
    read?;
    let kept = kept.ok_or_else(|| HookError::unclear("the form has no field `file`"))?;
    Ok(UploadEvent { external, ..UploadEvent::new(kept).named(name.or(file_name)).version(version) })
}

impl Form {
    async fn read(&mut self, app: &App, expected: Option<u64>, form: &mut Multipart) -> Result<(), Problem> {
        while let Some(field) = form.next_field().await.map_err(|error| unreadable(error.status(), error))? {
            let place = match field.name() {
                Some("file") if self.kept.is_none() => {
                    self.file_name = field.file_name().map(str::to_owned);
                    let bytes = field.map_err(|error| unreadable(error.status(), error));
                    self.kept = Some(app.spool.keep(expected, bytes).await?);
                    continue;
                }
                Some("name") => &mut self.name,
                Some("version") => &mut self.version,
                Some("external") => &mut self.external,
                name if name == Some("file") || field.file_name().is_some() => {
                    return Err(HookError::unclear("send one file, in the field `file`").into());
                }
                // Forms have fields of their own.
                _ => continue,
            };
            *place = Some(text(field).await?);
        }
        Ok(())
    }
}

async fn text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut text = Vec::new();
    while let Some(bytes) = field.chunk().await.map_err(|error| unreadable(error.status(), error))? {
        text.extend_from_slice(&bytes);
        if text.len() > MAX_TEXT {
            return Err(HookError::unclear(format!("a text of the form has more than {MAX_TEXT} bytes")).into());
        }
    }
    String::from_utf8(text).map_err(|error| HookError::unclear(error).into())
}

fn unnamed(error: HookError) -> HookError {
    match error {
        HookError::Malformed { why, .. } => HookError::unclear(format!(
            "{why}; send JSON that says where the asset is, or a form with the field `file`"
        )),
        other => other,
    }
}

fn unreadable(status: StatusCode, error: impl std::fmt::Display) -> Problem {
    let code = if status == StatusCode::PAYLOAD_TOO_LARGE { "hook-too-large" } else { "hook-malformed" };
    Problem::new(status, code, error)
}

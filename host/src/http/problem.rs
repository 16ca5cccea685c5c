//! What went wrong with a request, as RFC 9457 has it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::blame::Blame;
use crate::database::DatabaseError;
use crate::fetch::FetchError;
use crate::ingest::HookError;
use crate::jobs::IngestError;

/// A problem, by its stable kebab-case code.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    pub status: u16,
    pub code: String,
    pub detail: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &str, detail: impl std::fmt::Display) -> Self {
        Self { status: status.as_u16(), code: code.into(), detail: detail.to_string() }
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("there is no such {what}"))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        tracing::warn!(status = self.status, code = self.code, detail = self.detail, "refused");
        let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], Json(self)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            for scheme in ["Bearer", "Basic realm=\"veritag\""] {
                response.headers_mut().append(WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
            }
        }
        response
    }
}

/// Where nothing more is known.
fn status(blame: Blame) -> StatusCode {
    match blame {
        Blame::Uploader => StatusCode::BAD_REQUEST,
        Blame::Operator => StatusCode::SERVICE_UNAVAILABLE,
        Blame::Plugin | Blame::Us => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<HookError> for Problem {
    fn from(error: HookError) -> Self {
        let status = match &error {
            HookError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            HookError::Unauthorised | HookError::Unsigned { .. } | HookError::Stale => StatusCode::UNAUTHORIZED,
            HookError::UnknownSource(_) => StatusCode::NOT_FOUND,
            HookError::Malformed { .. }
            | HookError::Unclear { .. }
            | HookError::NoAmazon { .. }
            | HookError::Unreadable(_) => status(error.blame()),
        };
        Self::new(status, error.code(), error)
    }
}

impl From<FetchError> for Problem {
    /// Of an upload that cannot be kept.
    fn from(error: FetchError) -> Self {
        let status = match &error {
            FetchError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            FetchError::Silent => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::INSUFFICIENT_STORAGE,
        };
        Self::new(status, error.code(), error)
    }
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Hook(error) => error.into(),
            IngestError::Database(error) => error.into(),
        }
    }
}

impl From<DatabaseError> for Problem {
    /// What is wrong with the database is for the log alone.
    fn from(error: DatabaseError) -> Self {
        tracing::error!(code = error.code(), "{error}");
        let why = match &error {
            DatabaseError::Record(_) => "a record cannot be read; the log of the service says which",
            _ => "the database is unavailable; try again",
        };
        Self::new(status(error.blame()), error.code(), why)
    }
}

//! Why a page is not shown.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::html;

use super::layout;
use crate::assessment::plain_name;
use crate::blame::{Blame, diagnose, with_causes};
use crate::config::Role;
use crate::database::DatabaseError;
use crate::people::Person;

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("you are signed out; sign in, and decide again")]
    SignedOut,
    #[error("{} may not do this: it needs the role `{}`, which `[[user]]` of veritag.toml gives", person.name, plain_name(needs))]
    NotAllowed { person: Person, needs: Role },
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("the form is incomplete: {0}")]
    Form(String),
    #[error("the asset cannot be shown: {0}")]
    NotShown(String),
    #[error("the database is unavailable; try again")]
    Database(#[from] DatabaseError),
    #[error("a bug in Veritag; please report it")]
    Bug,
}

diagnose! { Fault {
    Self::SignedOut => "review-signed-out", Uploader;
    Self::NotAllowed { .. } => "review-not-allowed", Uploader;
    Self::NotFound(_) => "review-not-found", Uploader;
    Self::Form(_) => "review-bad-form", Uploader;
    Self::NotShown(_) => "review-not-shown", Operator;
    Self::Bug => "internal-bug", Us;
} wraps Database }

impl Fault {
    fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::NotAllowed { .. } => StatusCode::FORBIDDEN,
            Self::NotFound(_) | Self::NotShown(_) => StatusCode::NOT_FOUND,
            Self::Form(_) => StatusCode::BAD_REQUEST,
            Self::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Bug => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        if self.blame() == Blame::Uploader {
            tracing::debug!(code = self.code(), "{self}");
        } else {
            tracing::error!(code = self.code(), "{}", with_causes(&self));
        }
        let body = html! {
            main.narrow {
                h1 { "That did not work" }
                p { (self) "." }
                p.quiet { code { (self.code()) } }
                p { a.button href="/review" { "Back to the queue" } }
            }
        };
        (self.status(), layout::bare("not shown", body)).into_response()
    }
}

//! Who calls the API: a source of our own dialect, or a person.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::StatusCode;
use http::request::Parts;

use super::App;
use super::assets::by_token;
use super::problem::Problem;
use crate::config::Role;
use crate::ingest::HookError;
use crate::people::{Person, Refused, bearer};

/// Whose token a request bears.
pub enum Caller {
    /// It acts for people whom it names.
    Source,
    Person(Person),
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if by_token(app, &parts.headers).is_ok() {
            return Ok(Self::Source);
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let (Some(token), Some(peer)) = (bearer(&parts.headers), peer) else {
            return Err(unknown());
        };
        person(app, token, app.people.client(&parts.headers, peer)).map(Self::Person)
    }
}

fn person(app: &App, token: &str, peer: IpAddr) -> Result<Person, Problem> {
    app.people.by_token(token, peer).map_err(|refused| match refused {
        Refused::Wrong => unknown(),
        Refused::TooOften => {
            let why = "too many wrong tokens came from this address; wait a minute";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "review-too-many-attempts", why)
        }
    })
}

fn unknown() -> Problem {
    let why = "send `Authorization: Bearer TOKEN` with the token of a person or of a source of the dialect veritag";
    Problem::new(StatusCode::UNAUTHORIZED, HookError::Unauthorised.code(), why)
}

impl Caller {
    /// # Errors
    /// A [`Problem`] if the person may not do what `role` may.
    pub fn require(&self, role: Role) -> Result<(), Problem> {
        match self {
            Self::Person(person) if person.role < role => {
                let why = format!("{} may not do this: see `role` of [[user]]", person.name);
                Err(Problem::new(StatusCode::FORBIDDEN, "review-not-allowed", why))
            }
            _ => Ok(()),
        }
    }

    /// Who decides: the person, or whom a source names.
    ///
    /// # Errors
    /// A [`Problem`] if nobody is named, or another than the person.
    pub fn name(self, by: Option<String>) -> Result<String, Problem> {
        match (self, by.filter(|by| !by.trim().is_empty())) {
            (Self::Source, Some(by)) => Ok(by),
            (Self::Source, None) => Err(HookError::unclear("`by` is missing: say who decided").into()),
            (Self::Person(person), by) if by.as_ref().is_none_or(|by| *by == person.name) => Ok(person.name),
            (Self::Person(person), _) => {
                let why = format!("the token is that of {}, `by` names another", person.name);
                Err(Problem::new(StatusCode::FORBIDDEN, "review-not-allowed", why))
            }
        }
    }
}

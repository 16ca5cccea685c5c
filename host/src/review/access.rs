//! Who asks for a page.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Pages;
use super::fault::Fault;
use crate::config::Role;
use crate::people::{Person, session};

/// Somebody who may look.
pub struct Viewer(pub Person);

/// Somebody who may decide.
pub struct Reviewer(pub Person);

/// Somebody who may see who did what.
pub struct Admin(pub Person);

impl FromRequestParts<Arc<Pages>> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Arc<Pages>) -> Result<Self, Response> {
        match person(parts, pages).await {
            Ok(Some(person)) => Ok(Self(person)),
            Ok(None) if parts.method.is_safe() => Err(sign_in(parts).into_response()),
            Ok(None) => Err(Fault::SignedOut.into_response()),
            Err(fault) => Err(fault.into_response()),
        }
    }
}

impl FromRequestParts<Arc<Pages>> for Reviewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Arc<Pages>) -> Result<Self, Response> {
        at_least(Role::Reviewer, parts, pages).await.map(Self)
    }
}

impl FromRequestParts<Arc<Pages>> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, pages: &Arc<Pages>) -> Result<Self, Response> {
        at_least(Role::Admin, parts, pages).await.map(Self)
    }
}

fn sign_in(parts: &Parts) -> Redirect {
    let wanted = parts.uri.path_and_query().map_or("/review", |wanted| wanted.as_str());
    Redirect::to(&format!("/review/sign-in?to={}", utf8_percent_encode(wanted, NON_ALPHANUMERIC)))
}

async fn at_least(role: Role, parts: &mut Parts, pages: &Arc<Pages>) -> Result<Person, Response> {
    let Viewer(person) = Viewer::from_request_parts(parts, pages).await?;
    if person.role < role { Err(Fault::NotAllowed { person, needs: role }.into_response()) } else { Ok(person) }
}

/// The person whom the proxy names, or whose session the browser shows.
async fn person(parts: &Parts, pages: &Pages) -> Result<Option<Person>, Fault> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>().copied().ok_or(Fault::Bug)?;
    if let Some(person) = pages.people.by_proxy(&parts.headers, peer.ip()) {
        return Ok(Some(person));
    }
    let Some(key) = session(&parts.headers) else { return Ok(None) };
    let name = pages.assessor.records.session(key).await?;
    Ok(name.and_then(|name| pages.people.named(&name)))
}

//! Signing in with a token, and out.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Form;
use axum::extract::{ConnectInfo, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{ORIGIN, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use serde_json::json;

use super::Pages;
use super::fault::Fault;
use super::layout;
use crate::people::{COOKIE_NAME, Refused, session};
use crate::records::{AuditEntry, Records};

#[derive(Deserialize)]
pub struct SignIn {
    token: String,
    #[serde(default)]
    to: String,
}

/// Where the person wanted to go.
#[derive(Deserialize)]
pub struct Wanted {
    #[serde(default)]
    to: String,
}

pub async fn page(State(pages): State<Arc<Pages>>, Query(Wanted { to }): Query<Wanted>) -> Markup {
    form(&pages, &to, None)
}

pub async fn sign_in(
    State(pages): State<Arc<Pages>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(SignIn { token, to }): Form<SignIn>,
) -> Result<Response, Fault> {
    let from = pages.people.client(&headers, peer.ip());
    let person = match pages.people.by_token(&token, from) {
        Ok(person) => person,
        Err(refused) => return refuse(&pages, from, &to, refused).await,
    };
    let key = new_key()?;
    let records = &pages.assessor.records;
    records.begin_session(&key, &person.name).await?;
    note(records, &person.name, "sign-in", from).await?;
    // Browsers say by which scheme the form came; a cookie that needs TLS would never come back without.
    let secure = headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    Ok(([(SET_COOKIE, cookie(&key, 12 * 3600, secure))], Redirect::to(inside(&to))).into_response())
}

pub async fn sign_out(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Result<Response, Fault> {
    if let Some(key) = session(&headers) {
        pages.assessor.records.end_session(key).await?;
    }
    Ok(([(SET_COOKIE, cookie("", 0, false))], Redirect::to("/review/sign-in")).into_response())
}

async fn refuse(pages: &Pages, from: IpAddr, to: &str, refused: Refused) -> Result<Response, Fault> {
    let (status, why) = match refused {
        Refused::Wrong => (StatusCode::UNAUTHORIZED, "Nobody has this token. `[[user]]` of veritag.toml names them."),
        Refused::TooOften => (StatusCode::TOO_MANY_REQUESTS, "Too many wrong tokens came from here. Wait a minute."),
    };
    if refused == Refused::Wrong {
        note(&pages.assessor.records, "", "sign-in-refused", from).await?;
    }
    Ok((status, form(pages, to, Some(why))).into_response())
}

async fn note(records: &Records, actor: &str, action: &str, from: IpAddr) -> Result<(), Fault> {
    let mut transaction = records.begin().await?;
    let details = json!({ "from": from.to_string() });
    Records::log(&mut transaction, AuditEntry { actor, action, subject: "", details }).await?;
    Ok(transaction.commit().await?)
}

fn form(pages: &Pages, to: &str, problem: Option<&str>) -> Markup {
    let body = html! {
        main.narrow {
            p.kicker { "Veritag" }
            h1 { "Review" }
            @if let Some(problem) = problem { p.problem role="alert" { (problem) } }
            @if pages.people.have_tokens() {
                form.stacked method="post" action="/review/sign-in" {
                    input type="hidden" name="to" value=(inside(to));
                    label for="token" { "Your token" }
                    input id="token" name="token" type="password" autocomplete="current-password" required autofocus;
                    button.primary type="submit" { "Sign in" }
                }
            } @else if pages.people.is_empty() {
                p { "Nobody may review yet. Add a " code { "[[user]]" } " with a name, a role and a token to veritag.toml, and start the service again." }
            } @else {
                p { "Sign in through the proxy in front of this service." }
            }
            p.quiet { "Media, scores and decisions stay on this machine and the stores that it was given." }
        }
    };
    layout::bare("sign in", body)
}

/// The address, if it is one of ours.
fn inside(to: &str) -> &str {
    let ours = to == "/review" || to.starts_with("/review/") || to.starts_with("/review?");
    if ours && !to.chars().any(char::is_control) { to } else { "/review" }
}

/// 256 random bits, in hex.
fn new_key() -> Result<String, Fault> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Fault::Bug)?;
    Ok(hex::encode(bytes))
}

fn cookie(key: &str, max_age: u32, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={key}; Path=/review; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}")
}

//! Whether a request comes from the source that it speaks for.

use base64::prelude::{BASE64_STANDARD, Engine};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use standardwebhooks::{Webhook, WebhookError};
use subtle::ConstantTimeEq;

use super::HookError;
use crate::config::{ConfigError, Secret, Source};

/// What a source's requests must show.
pub enum Guard {
    /// `Authorization: Bearer TOKEN`, the token alone, or as the password of Basic.
    Token(Secret),
    /// Headers of Standard Webhooks, no older than five minutes.
    Signature(Box<Webhook>),
    Open,
}

impl Guard {
    /// # Errors
    /// [`ConfigError`] when the source's secret is missing or unusable.
    pub fn new(source: &Source) -> Result<Self, ConfigError> {
        if let Some(token) = &source.token {
            return Ok(Self::Token(token.read()?));
        }
        let Some(secret) = &source.signing_secret else { return Ok(Self::Open) };
        let unusable = |error: WebhookError| ConfigError::Secret { place: secret.to_string(), why: error.to_string() };
        Ok(Self::Signature(Box::new(Webhook::new(secret.read()?.expose()).map_err(unusable)?)))
    }

    /// # Errors
    /// [`HookError::Unauthorised`], [`HookError::Stale`].
    pub fn admit(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), HookError> {
        match self {
            Self::Open => Ok(()),
            Self::Token(token) if bears(headers, token) => Ok(()),
            Self::Token(_) => Err(HookError::Unauthorised),
            Self::Signature(webhook) => webhook.verify(body, headers).map_err(|error| match error {
                WebhookError::TimestampTooOldError | WebhookError::FutureTimestampError => HookError::Stale,
                _ => HookError::Unauthorised,
            }),
        }
    }
}

fn bears(headers: &HeaderMap, token: &Secret) -> bool {
    let Some(shown) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) else { return false };
    let shown = match shown.split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") => password(rest).unwrap_or_default(),
        Some((_, rest)) => rest.trim().to_owned(),
        None => shown.to_owned(),
    };
    shown.as_bytes().ct_eq(token.expose().as_bytes()).into()
}

fn password(credentials: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_STANDARD.decode(credentials.trim()).ok()?).ok()?;
    Some(text.split_once(':')?.1.to_owned())
}

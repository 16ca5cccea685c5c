//! Whether a request comes from the source that it speaks for.

use base64::prelude::{BASE64_STANDARD, Engine};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use standardwebhooks::{Webhook, WebhookError};
use subtle::ConstantTimeEq;

use crate::config::{ConfigError, Secret, Source};
use crate::ingest::HookError;

/// What a source's requests must show.
pub enum Auth {
    /// `Authorization: Bearer TOKEN`, the token alone, or as the password of Basic.
    Token(Secret),
    /// Headers of Standard Webhooks, no older than five minutes.
    Signature(Box<Webhook>),
    Open,
}

impl Auth {
    /// # Errors
    /// [`ConfigError`] when the source's secret is missing or unusable.
    pub fn new(source: &Source) -> Result<Self, ConfigError> {
        if let Some(token) = &source.token {
            return Ok(Self::Token(token.read()?));
        }
        let Some(secret) = &source.signing_secret else { return Ok(Self::Open) };
        let unusable = |error: WebhookError| ConfigError::Secret { from: secret.to_string(), why: error.to_string() };
        Ok(Self::Signature(Box::new(Webhook::new(secret.read()?.expose()).map_err(unusable)?)))
    }

    /// Whether the body is part of what is checked.
    pub fn signs(&self) -> bool {
        matches!(self, Self::Signature(_))
    }

    /// # Errors
    /// [`HookError::Unauthorised`], [`HookError::Stale`].
    pub fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), HookError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SecretRef;

    fn auth(kind: &str, secret: &str) -> Auth {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, secret).unwrap();
        let text = format!("[[source]]\nname = 'a'\ndialect = 's3'\n{kind} = {{ file = {:?} }}", file.path());
        Auth::new(&toml::from_str::<crate::config::Config>(&text).unwrap().sources[0]).unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_token_opens_in_every_form_that_sources_use() {
        let auth = auth("token", "t0ken");
        let open = |value: &str| auth.check(&headers(&[("authorization", value)]), b"").is_ok();
        assert!(open("Bearer t0ken") && open("bearer t0ken") && open("t0ken"));
        assert!(open(&format!("Basic {}", BASE64_STANDARD.encode("any:t0ken"))));
        assert!(
            !open("Bearer t0ke") && !open("Bearer t0ken2") && !open("") && !open("Basic t0ken") && !open("Basic !")
        );
        assert!(auth.check(&HeaderMap::new(), b"").is_err());
    }

    #[test]
    fn a_signature_opens_once_its_time_and_body_are_right() {
        const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let auth = auth("signing_secret", SECRET);
        let check = |age: i64, signed: &[u8], sent: &[u8]| {
            let timestamp = jiff::Timestamp::now().as_second() - age;
            let signature = Webhook::new(SECRET).unwrap().sign("msg_1", timestamp, signed).unwrap();
            let timestamp = timestamp.to_string();
            let shown = [("webhook-id", "msg_1"), ("webhook-timestamp", &timestamp), ("webhook-signature", &signature)];
            auth.check(&headers(&shown), sent).map_err(|error| error.code())
        };
        assert_eq!(check(0, b"{}", b"{}"), Ok(()));
        assert_eq!(check(0, b"{}", b"{ }"), Err("hook-unauthorised"));
        assert_eq!(check(600, b"{}", b"{}"), Err("hook-stale"));
        assert_eq!(check(-600, b"{}", b"{}"), Err("hook-stale"));
        assert_eq!(auth.check(&HeaderMap::new(), b"{}").unwrap_err().code(), "hook-unauthorised");
    }

    #[test]
    fn a_missing_secret_is_named() {
        let text = "[[source]]\nname = 'a'\ndialect = 's3'\ntoken = { env = 'VERITAG_NO_SUCH_TOKEN' }";
        let source = toml::from_str::<crate::config::Config>(text).unwrap().sources.remove(0);
        assert_eq!(source.token, Some(SecretRef::Env("VERITAG_NO_SUCH_TOKEN".into())));
        assert!(Auth::new(&source).is_err_and(|error| error.to_string().contains("VERITAG_NO_SUCH_TOKEN")));
    }
}

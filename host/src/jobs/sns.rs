//! Opens envelopes of Amazon's SNS once their signature is checked, and confirms subscriptions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use reqwest::{Url, redirect};
use tracing::info;

use crate::blame::with_causes;
use crate::config::ConfigError;
use crate::ingest::HookError;
use crate::ingest::sns::{Envelope, Purpose};

/// How long Amazon may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Each region has a certificate, and a new one now and then.
const MAX_CERTIFICATES: usize = 64;

/// Asks for an address at Amazon.
type Get = dyn Fn(Url) -> BoxFuture<'static, Result<Bytes, String>> + Send + Sync;

#[derive(Clone)]
pub struct Sns {
    get: Arc<Get>,
    certificates: Arc<Mutex<HashMap<Url, Bytes>>>,
}

impl Sns {
    /// # Errors
    /// [`ConfigError`] when TLS cannot be set up.
    pub fn new() -> Result<Self, ConfigError> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none()).build();
        let client = client.map_err(|error| ConfigError::invalid("source", error))?;
        Ok(Self::with(move |url| {
            let request = client.get(url);
            Box::pin(async move {
                let body = async { request.send().await?.error_for_status()?.bytes().await };
                body.await.map_err(|error| with_causes(&error.without_url()))
            })
        }))
    }

    fn with(get: impl Fn(Url) -> BoxFuture<'static, Result<Bytes, String>> + Send + Sync + 'static) -> Self {
        Self { get: Arc::new(get), certificates: Arc::default() }
    }

    /// The message in `body` if that is an envelope, else `body`; None where an envelope holds none.
    ///
    /// # Errors
    /// [`HookError::Unsigned`], [`HookError::NoAmazon`], [`HookError::Malformed`].
    pub async fn open<'a>(&self, body: &'a [u8]) -> Result<Option<Cow<'a, [u8]>>, HookError> {
        let Some(envelope) = Envelope::read(body)? else { return Ok(Some(body.into())) };
        envelope.verify(&self.certificate(envelope.certificate()?).await?)?;
        match envelope.purpose()? {
            Purpose::Message => Ok(Some(envelope.message.into_bytes().into())),
            Purpose::Nothing => Ok(None),
            Purpose::Confirm(url) => {
                self.get(url, "confirmation").await?;
                info!(topic = envelope.topic_arn, "subscribed");
                Ok(None)
            }
        }
    }

    async fn certificate(&self, url: Url) -> Result<Bytes, HookError> {
        let known = || self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(certificate) = known().get(&url) {
            return Ok(certificate.clone());
        }
        let certificate = self.get(url.clone(), "certificate").await?;
        let mut known = known();
        if known.len() >= MAX_CERTIFICATES {
            known.clear();
        }
        known.insert(url, certificate.clone());
        Ok(certificate)
    }

    async fn get(&self, url: Url, what: &'static str) -> Result<Bytes, HookError> {
        (self.get)(url).await.map_err(|why| HookError::NoAmazon { what, why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hooks").join(name)).unwrap()
    }

    /// Gives the certificate of the fixtures, and keeps what it was asked for.
    fn amazon() -> (Sns, Arc<Mutex<Vec<String>>>) {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = asked.clone();
        let sns = Sns::with(move |url| {
            log.lock().unwrap().push(url.to_string());
            Box::pin(async { Ok(fixture("sns.pem").into()) })
        });
        (sns, asked)
    }

    #[tokio::test]
    async fn envelopes_are_opened_when_amazon_has_signed_them() {
        let (sns, asked) = amazon();
        for name in ["sns-sha1.json", "sns-sha256.json"] {
            let body = fixture(name);
            let message = sns.open(&body).await.unwrap().unwrap();
            assert_eq!(message, String::from_utf8(fixture("aws.json")).unwrap().trim().as_bytes());
            let forged = String::from_utf8(body).unwrap().replace("in%2F", "out%2F").replace("in/", "out/");
            assert_eq!(sns.open(forged.as_bytes()).await.unwrap_err().code(), "hook-unsigned");
        }
        assert_eq!(asked.lock().unwrap().len(), 1, "the certificate is kept");
        let plain = fixture("aws.json");
        assert_eq!(sns.open(&plain).await.unwrap().unwrap(), plain);
    }

    #[tokio::test]
    async fn a_subscription_is_confirmed_once_its_signature_holds() {
        let (sns, asked) = amazon();
        let body = String::from_utf8(fixture("sns-confirmation.json")).unwrap();
        let elsewhere = body.replace("https://sns.eu-west-1.amazonaws.com/?", "https://example.org/?");
        assert_eq!(sns.open(elsewhere.as_bytes()).await.unwrap_err().code(), "hook-unsigned");
        assert_eq!(asked.lock().unwrap().len(), 1, "the certificate alone");
        assert_eq!(sns.open(body.as_bytes()).await.unwrap(), None);
        assert!(asked.lock().unwrap()[1].contains("Action=ConfirmSubscription"));
    }
}

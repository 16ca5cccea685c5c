//! Receivers of webhooks, and how they are sent.

use std::time::Duration;

use reqwest::{StatusCode, redirect};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook, WebhookError};

use crate::config::{self, ConfigError, WebhookEvent};

/// How long a receiver may take to answer.
const TIMEOUT: Duration = Duration::from_secs(20);

pub struct Receiver {
    pub url: String,
    events: Vec<WebhookEvent>,
    sources: Vec<String>,
    webhook: Webhook,
}

/// What all messages are sent with.
pub struct Client(reqwest::Client);

impl Receiver {
    /// # Errors
    /// [`ConfigError::Secret`].
    pub fn new(webhook: &config::Webhook) -> Result<Self, ConfigError> {
        let from = webhook.secret.to_string();
        let unusable = |error: WebhookError| ConfigError::Secret { from, why: error.to_string() };
        let secret = webhook.secret.read()?;
        let config::Webhook { url, events, sources, .. } = webhook.clone();
        Ok(Self { url, events, sources, webhook: Webhook::new(secret.expose()).map_err(unusable)? })
    }

    pub fn wants(&self, event: WebhookEvent, source: &str) -> bool {
        let of_source = self.sources.is_empty() || self.sources.iter().any(|name| name == source);
        of_source && (self.events.is_empty() || self.events.contains(&event))
    }
}

impl Client {
    /// # Errors
    /// [`ConfigError`] when TLS cannot be set up.
    pub fn new() -> Result<Self, ConfigError> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none()).build();
        http.map(Self).map_err(|error| ConfigError::invalid("webhook", error))
    }

    /// # Errors
    /// When there is no answer.
    pub async fn send(&self, receiver: &Receiver, id: &str, body: String) -> Result<StatusCode, reqwest::Error> {
        let timestamp = jiff::Timestamp::now().as_second();
        let signature = receiver.webhook.sign(id, timestamp, body.as_bytes()).expect("JSON is UTF-8");
        let request = self.0.post(&receiver.url).header("content-type", "application/json").body(body);
        let request = request.header(HEADER_WEBHOOK_ID, id).header(HEADER_WEBHOOK_TIMESTAMP, timestamp);
        Ok(request.header(HEADER_WEBHOOK_SIGNATURE, signature).send().await?.status())
    }
}

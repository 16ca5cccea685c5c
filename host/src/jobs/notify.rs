//! Telling others, by webhooks after Standard Webhooks 1.0: <https://www.standardwebhooks.com>.

use std::time::Duration;

use reqwest::{Client, StatusCode, redirect};
use serde_json::{Value, json};
use standardwebhooks::{Webhook, WebhookError};
use tracing::{info, warn};

use super::intake::Intake;
use super::order::{self, Job, Lane, Order};
use crate::assessment::Assessment;
use crate::blame::with_causes;
use crate::config::{self, ConfigError, Event, shown};
use crate::store::{ArrivalRecord, StoreError};
use crate::tags::Keywords;

const PATIENCE: Duration = Duration::from_secs(20);

pub struct Notifier {
    http: Client,
    words: Keywords,
    receivers: Vec<Receiver>,
}

struct Receiver {
    url: String,
    events: Vec<Event>,
    sources: Vec<String>,
    webhook: Webhook,
}

/// One message to one receiver.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Notice {
    pub arrival: String,
    pub event: Event,
    /// What tells it from another of the same event: the assessment, the number of the try that failed, or the review.
    pub about: String,
    /// When it happened.
    pub at: String,
    pub url: String,
    /// How often it was tried in vain.
    pub attempts: usize,
}

impl Notifier {
    /// # Errors
    /// [`ConfigError`] when a secret is missing or unusable.
    pub fn new(webhooks: &[config::Webhook], words: &Keywords) -> Result<Self, ConfigError> {
        let http = Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none()).build();
        let http = http.map_err(|error| ConfigError::Senseless { key: "webhook".into(), why: error.to_string() })?;
        let words = words.clone();
        Ok(Self { http, words, receivers: webhooks.iter().map(Receiver::new).collect::<Result<_, _>>()? })
    }

    /// Queues `event` of an arrival for everyone who asked for it; a second time changes nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn announce(
        &self,
        intake: &Intake,
        record: &ArrivalRecord,
        event: Event,
        about: &str,
    ) -> Result<(), StoreError> {
        let at = jiff::Timestamp::now().to_string();
        for receiver in self.receivers.iter().filter(|receiver| receiver.wants(event, &record.source)) {
            let (arrival, about) = (record.id.clone(), about.to_owned());
            let notice = Notice { arrival, event, about, at: at.clone(), url: receiver.url.clone(), attempts: 0 };
            push(intake, notice, Duration::ZERO).await?;
        }
        Ok(())
    }

    /// Sends a notice, or has it sent again later.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deliver(&self, intake: &Intake, notice: Notice) -> Result<(), StoreError> {
        let Some(receiver) = self.receivers.iter().find(|receiver| receiver.url == notice.url) else {
            return again(intake, notice, "no [[webhook]] of this process has that URL".into()).await;
        };
        let Some(record) = intake.store.arrival(&notice.arrival).await? else { return Ok(()) };
        let about = match notice.event {
            Event::ReviewChanged => record.assessment.as_ref(),
            Event::AssessmentCompleted | Event::AssessmentFailed => Some(&notice.about),
        };
        let assessment = match about {
            Some(id) => intake.store.assessment(id).await?,
            None => None,
        };
        let body = message(&notice, &record, assessment.as_ref(), &self.words).to_string();
        match self.send(receiver, &notice, body).await {
            Ok(status) if status.is_success() => {
                info!(event = %notice.event, url = shown(&notice.url), "told");
                Ok(())
            }
            Ok(StatusCode::GONE) => {
                warn!(url = shown(&notice.url), "told no more of this: the receiver is gone");
                Ok(())
            }
            Ok(status) => again(intake, notice, status.to_string()).await,
            Err(error) => again(intake, notice, with_causes(&error.without_url())).await,
        }
    }

    async fn send(&self, receiver: &Receiver, notice: &Notice, body: String) -> Result<StatusCode, reqwest::Error> {
        let id = format!("{}.{}.{}", notice.arrival, notice.event, notice.about);
        let timestamp = jiff::Timestamp::now().as_second();
        let signature = receiver.webhook.sign(&id, timestamp, body.as_bytes()).expect("JSON is UTF-8");
        let request = self.http.post(&receiver.url).header("content-type", "application/json").body(body);
        let request = request.header(standardwebhooks::HEADER_WEBHOOK_ID, id);
        let request = request.header(standardwebhooks::HEADER_WEBHOOK_TIMESTAMP, timestamp);
        Ok(request.header(standardwebhooks::HEADER_WEBHOOK_SIGNATURE, signature).send().await?.status())
    }
}

impl Receiver {
    fn new(webhook: &config::Webhook) -> Result<Self, ConfigError> {
        let place = webhook.secret.to_string();
        let unusable = |error: WebhookError| ConfigError::Secret { place, why: error.to_string() };
        let secret = webhook.secret.read()?;
        let config::Webhook { url, events, sources, .. } = webhook.clone();
        Ok(Self { url, events, sources, webhook: Webhook::new(secret.expose()).map_err(unusable)? })
    }

    fn wants(&self, event: Event, source: &str) -> bool {
        let hears = self.sources.is_empty() || self.sources.iter().any(|name| name == source);
        hears && (self.events.is_empty() || self.events.contains(&event))
    }
}

async fn again(intake: &Intake, notice: Notice, why: String) -> Result<(), StoreError> {
    let url = shown(&notice.url);
    let Some(delay) = order::again(notice.attempts) else {
        warn!(url, why, "not told, and given up");
        return Ok(());
    };
    warn!(url, why, again_in_s = delay.as_secs(), "not told yet");
    push(intake, Notice { attempts: notice.attempts + 1, ..notice }, delay).await
}

async fn push(intake: &Intake, notice: Notice, delay: Duration) -> Result<(), StoreError> {
    let key = format!("{} {} {} {} {}", notice.arrival, notice.event, notice.about, notice.attempts, notice.url);
    intake.queue.push(Order { job: Job::Notify(notice), key, lane: Lane::Notices, delay, urgent: false }).await
}

/// What is told: enough to act on, without the windows.
fn message(notice: &Notice, record: &ArrivalRecord, assessment: Option<&Assessment>, words: &Keywords) -> Value {
    let found = assessment.map(|assessment| {
        json!({
            "keyword": words.keyword(assessment.verdict, assessment.review).flat(),
            "text": assessment.text, "verdict": assessment.verdict, "reason": assessment.reason,
            "score": assessment.score, "threshold": assessment.threshold, "band": assessment.band,
            "model": assessment.model,
            "sha256": assessment.asset.sha256, "assessed_at": assessment.assessed_at, "review": assessment.review,
        })
    });
    let failure = record
        .error_code
        .as_ref()
        .filter(|_| assessment.is_none())
        .map(|code| json!({ "code": code, "message": record.error }));
    json!({
        "type": notice.event,
        "timestamp": notice.at,
        "data": {
            "job": record.id, "source": record.source, "name": record.arrival.name,
            "external": record.arrival.external, "assessment": found, "error": failure,
        },
    })
}

//! Webhooks: tell other systems what was found, signed by Standard Webhooks 1.0 (<https://www.standardwebhooks.com>) and
//! repeated until they answer.

mod payload;
mod receiver;

use std::time::Duration;

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use tracing::{info, warn};

use crate::blame::with_causes;
use crate::config::{self, ConfigError, WebhookEvent, without_secrets};
use crate::database::DatabaseError;
use crate::queue::{Queue, Task, retry_delay};
use crate::records::{JobRecord, Records};
use crate::tags::Keywords;
use payload::payload;
use receiver::{Client, Receiver};

/// The queue of deliveries.
pub const QUEUE: &str = "webhooks";

pub struct Webhooks {
    records: Records,
    client: Client,
    keywords: Keywords,
    receivers: Vec<Receiver>,
}

/// One message to one receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub job: String,
    pub event: WebhookEvent,
    /// Tells it from others of the same event: the assessment, the generation that failed, or the review.
    pub subject: String,
    /// When it happened.
    pub at: String,
    pub url: String,
    /// How often it has failed.
    pub attempts: usize,
}

/// # Errors
/// [`ConfigError`] when a secret is missing or unusable.
pub fn check(webhooks: &[config::Webhook]) -> Result<(), ConfigError> {
    webhooks.iter().try_for_each(|webhook| Receiver::new(webhook).map(drop))
}

impl Webhooks {
    /// # Errors
    /// [`ConfigError`] when a secret is missing or unusable.
    pub fn new(webhooks: &[config::Webhook], keywords: &Keywords, records: Records) -> Result<Self, ConfigError> {
        let receivers = webhooks.iter().map(Receiver::new).collect::<Result<_, _>>()?;
        Ok(Self { records, client: Client::new()?, keywords: keywords.clone(), receivers })
    }

    /// Queues `event` of a job for every receiver that wants it; a second time changes nothing.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn announce(
        &self,
        connection: &mut AnyConnection,
        job: &JobRecord,
        event: WebhookEvent,
        subject: &str,
    ) -> Result<(), DatabaseError> {
        let at = jiff::Timestamp::now().to_string();
        for receiver in self.receivers.iter().filter(|receiver| receiver.wants(event, &job.source)) {
            let (job, subject) = (job.id.clone(), subject.to_owned());
            let delivery = Delivery { job, event, subject, at: at.clone(), url: receiver.url.clone(), attempts: 0 };
            delivery.push(&mut *connection, Duration::ZERO).await?;
        }
        Ok(())
    }

    /// Sends a message, or has it sent again later.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn deliver(&self, delivery: Delivery) -> Result<(), DatabaseError> {
        let Some(receiver) = self.receivers.iter().find(|receiver| receiver.url == delivery.url) else {
            return self.retry(delivery, "no [[webhook]] of this process has that URL").await;
        };
        let Some(job) = self.records.job(&delivery.job).await? else { return Ok(()) };
        let assessment = match delivery.assessment(&job) {
            Some(id) => self.records.assessment(id).await?,
            None => None,
        };
        let body = payload(&delivery, &job, assessment.as_ref(), &self.keywords).to_string();
        let url = without_secrets(&delivery.url);
        match self.client.send(receiver, &delivery.message_id(), body).await {
            Ok(status) if status.is_success() => {
                info!(event = %delivery.event, url, "delivered");
                Ok(())
            }
            Ok(StatusCode::GONE) => {
                warn!(url, "the receiver wants no more of this");
                Ok(())
            }
            Ok(status) => self.retry(delivery, status.as_str()).await,
            Err(error) => self.retry(delivery, &with_causes(&error.without_url())).await,
        }
    }

    async fn retry(&self, delivery: Delivery, why: &str) -> Result<(), DatabaseError> {
        let url = without_secrets(&delivery.url);
        let Some(delay) = retry_delay(delivery.attempts) else {
            warn!(url, why, "not delivered, and given up");
            return Ok(());
        };
        warn!(url, why, retry_in_s = delay.as_secs(), "not delivered");
        let mut transaction = self.records.begin().await?;
        Delivery { attempts: delivery.attempts + 1, ..delivery }.push(&mut transaction, delay).await?;
        transaction.commit().await
    }
}

impl Delivery {
    /// Receivers tell by it whether they have had the message.
    fn message_id(&self) -> String {
        format!("{}.{}.{}", self.job, self.event, self.subject)
    }

    /// The id of the assessment that it is about.
    fn assessment<'a>(&'a self, job: &'a JobRecord) -> Option<&'a String> {
        match self.event {
            WebhookEvent::ReviewChanged => job.assessment.as_ref(),
            WebhookEvent::AssessmentCompleted | WebhookEvent::AssessmentFailed => Some(&self.subject),
        }
    }

    async fn push(&self, connection: &mut AnyConnection, delay: Duration) -> Result<(), DatabaseError> {
        let key = format!("{} {} {}", self.message_id(), self.attempts, self.url);
        Queue::push(connection, Task { queue: QUEUE, key: &key, payload: self, delay, urgent: false }).await
    }
}

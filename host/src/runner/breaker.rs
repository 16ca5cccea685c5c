//! A circuit breaker: a runner that fails again and again is left alone for a while, and is checked like a new one
//! before it is trusted again.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::transport::Transport;
use super::{Facts, KnownAnswer, RunnerError};

/// Requests that fail in a row, each with all of its attempts, before it is left alone.
const FAILURES: u32 = 3;
/// Shorter than the first wait of a job that failed.
const PAUSE: Duration = Duration::from_secs(4);
/// First and longest wait between attempts.
const DELAYS: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];

pub struct Breaker {
    transport: Transport,
    known: KnownAnswer,
    attempts: usize,
    state: Mutex<State>,
}

enum State {
    Unknown,
    Trusted { facts: Facts, failures: u32 },
    Paused { until: Instant, why: RunnerError },
}

impl Breaker {
    pub fn new(transport: Transport, known: KnownAnswer, attempts: usize) -> Self {
        Self { transport, known, attempts, state: Mutex::new(State::Unknown) }
    }

    /// The features of `rows` crops, and who computed them.
    ///
    /// # Errors
    /// [`RunnerError`] once it may not be asked, or every attempt has failed.
    pub async fn ask(&self, rows: usize, crops: Vec<u8>) -> Result<(Vec<f32>, Facts), RunnerError> {
        let facts = self.admit().await?;
        let attempt = || self.known.ask(&self.transport, rows, crops.clone());
        let answer = attempt.retry(self.attempts()).when(RunnerError::may_pass).await;
        self.learn(answer.as_ref().err()).await;
        answer.map(|features| (features, facts))
    }

    /// That it may be asked; it is checked first where that is due, by one at a time.
    ///
    /// # Errors
    /// Why it may not.
    pub async fn admit(&self) -> Result<Facts, RunnerError> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Trusted { facts, .. } => return Ok(facts.clone()),
            State::Paused { until, why } if *until > Instant::now() => return Err(self.paused(*until, why)),
            _ => {}
        }
        let attempt = || self.known.admit(&self.transport);
        let admitted = attempt.retry(self.attempts()).when(RunnerError::may_pass).await;
        *state = match &admitted {
            Ok(facts) => State::Trusted { facts: facts.clone(), failures: 0 },
            Err(why) => State::Paused { until: Instant::now() + PAUSE, why: why.clone() },
        };
        admitted
    }

    fn attempts(&self) -> ExponentialBuilder {
        let [first, longest] = DELAYS;
        let delays = ExponentialBuilder::default().with_min_delay(first).with_max_delay(longest).with_jitter();
        delays.with_max_times(self.attempts - 1)
    }

    /// Learns how a request went.
    async fn learn(&self, failed: Option<&RunnerError>) {
        let mut state = self.state.lock().await;
        let State::Trusted { failures, .. } = &mut *state else { return };
        *failures = if failed.is_some() { *failures + 1 } else { 0 };
        let fatal = |why: &&RunnerError| why.is_another() || *failures >= FAILURES;
        if let Some(why) = failed.filter(fatal) {
            *state = State::Paused { until: Instant::now() + PAUSE, why: why.clone() };
        }
    }

    fn paused(&self, until: Instant, why: &RunnerError) -> RunnerError {
        let seconds = until.duration_since(Instant::now()).as_secs() + 1;
        RunnerError::Paused { url: self.transport.address().to_string(), seconds, why: why.to_string() }
    }
}

//! What can go wrong with a runner.

use crate::blame::diagnose;
use crate::config::ConfigError;
use crate::runner::address::Address;

#[derive(Clone, Debug, thiserror::Error)]
pub enum RunnerError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("runner {url}: {why}; write http://HOST:8000/v2/models/NAME or grpc://HOST:8001/NAME")]
    Address { url: String, why: String },
    #[error("runner {url} does not answer: {why}; start it, or correct the address")]
    Unreachable { url: String, why: String },
    #[error("runner {url} answers {status}: {why}")]
    Refused { url: String, status: u16, why: String },
    #[error("runner {url} gives an answer that makes no sense: {why}")]
    BadAnswer { url: String, why: String },
    #[error(
        "runner {url} serves another kind of model: {why}; serve the bundle with `veritag runner`, or export it with `veritag model export`"
    )]
    OtherModel { url: String, why: String },
    #[error("runner {url} serves the bundle of sha256 {theirs}, expected {ours}; give both the same bundle")]
    OtherBundle { url: String, theirs: String, ours: String },
    #[error(
        "runner {url} computes other features than the sandbox (apart by {apart:.0e} of the largest); do not use it, and report its engine"
    )]
    OtherFeatures { url: String, apart: f32 },
    #[error("runner {url} is left alone for {seconds} s, since: {why}")]
    Paused { url: String, seconds: u64, why: String },
    #[error(
        "the plugin's crops are no whole pixels, as a runner wants them; install a plugin and a host of one release"
    )]
    NoPixels,
}

diagnose! { RunnerError {
    Self::Address { .. } => "config-bad-runner", Operator;
    Self::Unreachable { .. } => "runner-unreachable", Operator;
    Self::Refused { .. } => "runner-refused", Operator;
    Self::BadAnswer { .. } => "runner-bad-answer", Operator;
    Self::OtherModel { .. } => "runner-other-model", Operator;
    Self::OtherBundle { .. } => "runner-other-bundle", Operator;
    Self::OtherFeatures { .. } => "runner-other-features", Operator;
    Self::Paused { .. } => "runner-paused", Operator;
    Self::NoPixels => "plugin-no-pixels", Plugin;
} wraps Config }

impl RunnerError {
    pub fn unreachable(address: &Address, why: &impl ToString) -> Self {
        Self::Unreachable { url: address.to_string(), why: why.to_string() }
    }

    pub fn bad_answer(address: &Address, why: impl ToString) -> Self {
        Self::BadAnswer { url: address.to_string(), why: why.to_string() }
    }

    pub fn other_model(address: &Address, why: impl ToString) -> Self {
        Self::OtherModel { url: address.to_string(), why: why.to_string() }
    }

    /// Whether the same request may be answered well at once: features may be asked for as often as one likes.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::BadAnswer { .. } | Self::OtherBundle { .. } => true,
            Self::Refused { status, .. } => *status >= 500 || matches!(*status, 408 | 429),
            _ => false,
        }
    }

    /// Whether it will never do as it is: it has answered, and is not the one that is wanted.
    pub const fn is_another(&self) -> bool {
        matches!(self, Self::OtherModel { .. } | Self::OtherBundle { .. } | Self::OtherFeatures { .. })
    }
}

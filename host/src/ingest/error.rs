//! What is wrong with a hook's message.

use crate::blame::diagnose;

#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error("the body is no message of {dialect}: {why}; check `dialect` of this source")]
    Malformed { dialect: &'static str, why: String },
    #[error("the request cannot be read: {why}; /openapi.json describes it")]
    Unclear { why: String },
    #[error("the request is not signed with this source's secret, or its token is missing or wrong")]
    Unauthorised,
    #[error("the envelope of SNS is not signed by Amazon: {why}")]
    Unsigned { why: String },
    #[error("Amazon's {what} cannot be fetched: {why}; SNS sends the message again")]
    NoAmazon { what: &'static str, why: String },
    #[error("the message was signed more than five minutes ago, or ahead; check both clocks")]
    Stale,
    #[error("the message has more than {max} bytes: see `max_message_bytes` of [service]")]
    TooLarge { max: usize },
    #[error("the message cannot be read from standard input: {0}")]
    Unreadable(std::io::Error),
    #[error("there is no source called {0:?}; name it in veritag.toml")]
    UnknownSource(String),
}

diagnose! { HookError {
    Self::Malformed { .. } => "hook-malformed", Uploader;
    Self::Unclear { .. } => "hook-malformed", Uploader;
    Self::Unauthorised => "hook-unauthorised", Uploader;
    Self::Unsigned { .. } => "hook-unsigned", Uploader;
    Self::NoAmazon { .. } => "hook-no-amazon", Operator;
    Self::Stale => "hook-stale", Uploader;
    Self::TooLarge { .. } => "hook-too-large", Uploader;
    Self::Unreadable(_) => "hook-unreadable", Operator;
    Self::UnknownSource(_) => "hook-unknown-source", Uploader;
}}

impl HookError {
    /// For `map_err` on what serde says.
    pub fn malformed<E: std::fmt::Display>(dialect: &'static str) -> impl Fn(E) -> Self {
        move |error| Self::Malformed { dialect, why: error.to_string() }
    }

    /// The same, of a request to the API.
    pub fn unclear(why: impl std::fmt::Display) -> Self {
        Self::Unclear { why: why.to_string() }
    }
}

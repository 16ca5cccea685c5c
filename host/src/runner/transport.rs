//! One request to a runner, over HTTP or gRPC.

use std::time::Duration;

use super::address::Address;
use super::{RunnerError, grpc, http};
use crate::config;
use crate::config::{ConfigError, Secret};
use crate::open_inference::{InferRequest, InferResponse, ModelMetadata, ServerMetadata};

/// Most bytes of an answer.
pub const MAX_ANSWER_BYTES: usize = 64 << 20;

pub enum Transport {
    Http(http::Client),
    Grpc(grpc::Client),
}

/// What both are made of.
pub struct Settings {
    pub address: Address,
    pub token: Option<Secret>,
    /// A certificate in PEM that the server's is signed by.
    pub ca: Option<Vec<u8>>,
    pub timeout: Duration,
}

impl Settings {
    /// # Errors
    /// [`RunnerError`] when the token or the certificate cannot be read.
    pub fn new(config: &config::Runner, address: Address) -> Result<Self, RunnerError> {
        let unreadable = |error| ConfigError::invalid("ca of [runner]", error);
        Ok(Self {
            address,
            token: config.token.as_ref().map(config::SecretRef::read).transpose()?,
            ca: config.ca.as_ref().map(std::fs::read).transpose().map_err(unreadable)?,
            timeout: Duration::from_secs(config.timeout_s.into()),
        })
    }
}

impl Transport {
    /// # Errors
    /// [`ConfigError`] when the certificate is of no use.
    pub fn new(settings: Settings) -> Result<Self, ConfigError> {
        // As the program does; others that use this library may not have.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(if settings.address.grpc {
            Self::Grpc(grpc::Client::new(settings)?)
        } else {
            Self::Http(http::Client::new(settings)?)
        })
    }

    pub const fn address(&self) -> &Address {
        match self {
            Self::Http(client) => &client.settings.address,
            Self::Grpc(client) => &client.settings.address,
        }
    }

    /// # Errors
    /// [`RunnerError`], as every request.
    pub async fn metadata(&self) -> Result<(ServerMetadata, ModelMetadata), RunnerError> {
        match self {
            Self::Http(client) => client.metadata().await,
            Self::Grpc(client) => client.metadata().await,
        }
    }

    pub async fn infer(&self, request: InferRequest) -> Result<InferResponse, RunnerError> {
        match self {
            Self::Http(client) => client.infer(request).await,
            Self::Grpc(client) => client.infer(request).await,
        }
    }

    /// Where it computes, as far as it tells in ways of its own.
    pub async fn device(&self) -> Option<String> {
        match self {
            Self::Http(client) => client.device().await,
            Self::Grpc(_) => None,
        }
    }
}

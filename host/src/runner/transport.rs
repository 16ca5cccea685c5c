//! One request to a runner, over HTTP or gRPC.

use super::address::Address;
use super::settings::Settings;
use super::{RunnerError, grpc, http};
use crate::config::ConfigError;
use crate::open_inference::{InferRequest, InferResponse, ModelMetadata, ServerMetadata};

pub enum Transport {
    Http(http::Client),
    Grpc(grpc::Client),
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

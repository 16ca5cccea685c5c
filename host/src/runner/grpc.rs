//! The protocol over gRPC.

use http::uri::PathAndQuery;
use prost::Message;
use tonic::client::Grpc;
use tonic::metadata::MetadataValue;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use super::RunnerError;
use super::settings::{MAX_ANSWER_BYTES, Settings};
use crate::blame::with_causes;
use crate::config::ConfigError;
use crate::open_inference::grpc::{
    MODEL_INFER, MODEL_METADATA, ModelInferRequest, ModelInferResponse, ModelMetadataResponse, ModelRequest, Nothing,
    SERVER_METADATA, ServerMetadataResponse,
};
use crate::open_inference::{InferRequest, InferResponse, ModelMetadata, ServerMetadata};

pub struct Client {
    pub settings: Settings,
    channel: Channel,
}

impl Client {
    /// Connects with the first request; to be called within a runtime.
    ///
    /// # Errors
    /// [`ConfigError`] when TLS cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, ConfigError> {
        let unusable = |error: tonic::transport::Error| ConfigError::invalid("ca of [runner]", with_causes(&error));
        let endpoint = Endpoint::from_shared(settings.address.origin.clone()).map_err(unusable)?;
        let mut endpoint = endpoint.timeout(settings.timeout).connect_timeout(settings.timeout);
        if settings.address.tls {
            let missing = || ConfigError::invalid("ca of [runner]", "grpcs:// needs the certificate to trust");
            let ca = Certificate::from_pem(settings.ca.as_ref().ok_or_else(missing)?);
            endpoint = endpoint.tls_config(ClientTlsConfig::new().ca_certificate(ca)).map_err(unusable)?;
        }
        Ok(Self { channel: endpoint.connect_lazy(), settings })
    }

    pub async fn metadata(&self) -> Result<(ServerMetadata, ModelMetadata), RunnerError> {
        let server: ServerMetadataResponse = self.call(SERVER_METADATA, Nothing {}).await?;
        let name = self.settings.address.model.clone();
        let model = ModelRequest { name, version: self.settings.address.version.clone() };
        let model: ModelMetadataResponse = self.call(MODEL_METADATA, model).await?;
        Ok((server.into(), model.into()))
    }

    pub async fn infer(&self, request: InferRequest) -> Result<InferResponse, RunnerError> {
        let address = &self.settings.address;
        let request = ModelInferRequest::new(&address.model, &address.version, request);
        let response: ModelInferResponse = self.call(MODEL_INFER, request).await?;
        response.read().map_err(|why| RunnerError::bad_answer(address, why))
    }

    async fn call<I, O>(&self, path: &'static str, message: I) -> Result<O, RunnerError>
    where
        I: Message + Default + 'static,
        O: Message + Default + 'static,
    {
        let mut client = Grpc::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER_BYTES);
        let lost = |status: Status| self.lost(&status);
        client.ready().await.map_err(|error| RunnerError::unreachable(&self.settings.address, &with_causes(&error)))?;
        let mut request = Request::new(message);
        if let Some(token) = &self.settings.token {
            let unusable = |_| ConfigError::invalid("token of [runner]", "a header cannot carry it");
            let value = MetadataValue::try_from(format!("Bearer {}", token.expose())).map_err(unusable)?;
            request.metadata_mut().insert("authorization", value);
        }
        let codec = ProstCodec::<I, O>::default();
        let answer = client.unary(request, PathAndQuery::from_static(path), codec).await.map_err(lost)?;
        Ok(answer.into_inner())
    }

    /// A status as HTTP would have said it.
    fn lost(&self, status: &Status) -> RunnerError {
        let http = match status.code() {
            Code::InvalidArgument | Code::OutOfRange | Code::FailedPrecondition => 400,
            Code::Unauthenticated => 401,
            Code::PermissionDenied => 403,
            Code::NotFound | Code::Unimplemented => 404,
            Code::ResourceExhausted => 429,
            Code::Internal | Code::DataLoss => 500,
            _ => {
                return RunnerError::unreachable(
                    &self.settings.address,
                    &format!("{}: {}", status.code(), status.message()),
                );
            }
        };
        RunnerError::Refused { url: self.settings.address.to_string(), status: http, why: status.message().to_owned() }
    }
}

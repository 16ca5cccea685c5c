//! The protocol over HTTP: tensors as bytes, and as JSON where a server cannot do better.

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::header::CONTENT_TYPE;
use reqwest::{Certificate, RequestBuilder, Response, StatusCode, redirect};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::RunnerError;
use super::settings::{MAX_ANSWER_BYTES, Settings};
use crate::blame::with_causes;
use crate::config::ConfigError;
use crate::open_inference::{
    BINARY_EXTENSION, HEADER_LENGTH, InferRequest, InferResponse, ModelMetadata, ServerMetadata,
};

pub struct Client {
    pub settings: Settings,
    http: reqwest::Client,
    /// It says, or has shown, that it can take tensors as bytes.
    takes_bytes: AtomicBool,
    /// It has refused bytes and taken JSON.
    wants_json: AtomicBool,
}

impl Client {
    /// # Errors
    /// [`ConfigError`] when the certificate is none.
    pub fn new(settings: Settings) -> Result<Self, ConfigError> {
        let unusable = |error| ConfigError::invalid("ca of [runner]", with_causes(&error));
        let mut http = reqwest::Client::builder().timeout(settings.timeout).redirect(redirect::Policy::none());
        for ca in settings.ca.iter() {
            http = http.tls_certs_merge(Certificate::from_pem_bundle(ca).map_err(unusable)?);
        }
        let [takes_bytes, wants_json] = [false, false].map(AtomicBool::new);
        Ok(Self { http: http.build().map_err(unusable)?, settings, takes_bytes, wants_json })
    }

    pub async fn metadata(&self) -> Result<(ServerMetadata, ModelMetadata), RunnerError> {
        let server: ServerMetadata = self.get(&format!("{}/v2", self.settings.address.origin)).await?;
        self.takes_bytes.store(server.extensions.iter().any(|it| it == BINARY_EXTENSION), Ordering::Relaxed);
        Ok((server, self.get(&self.settings.address.model_url()).await?))
    }

    /// The kind of the first instance group, which Triton tells in its configuration.
    pub async fn device(&self) -> Option<String> {
        let config: Value = self.get(&format!("{}/config", self.settings.address.model_url())).await.ok()?;
        let kind = config.pointer("/instance_group/0/kind")?.as_str()?;
        Some(kind.strip_prefix("KIND_")?.to_lowercase())
    }

    pub async fn infer(&self, mut request: InferRequest) -> Result<InferResponse, RunnerError> {
        request.binary = !self.wants_json.load(Ordering::Relaxed);
        let answer = self.infer_as(&request).await;
        let refused = matches!(answer, Err(RunnerError::Refused { .. }));
        if answer.is_ok() && request.binary {
            self.takes_bytes.store(true, Ordering::Relaxed);
        } else if refused && request.binary && !self.takes_bytes.load(Ordering::Relaxed) {
            request.binary = false;
            let other = self.infer_as(&request).await;
            self.wants_json.store(other.is_ok(), Ordering::Relaxed);
            return other.or(answer);
        }
        answer
    }

    async fn infer_as(&self, request: &InferRequest) -> Result<InferResponse, RunnerError> {
        let body = request.encode(request.binary);
        let mut post = self.http.post(format!("{}/infer", self.settings.address.model_url()));
        post = match body.header_length {
            Some(length) => post.header(CONTENT_TYPE, "application/octet-stream").header(HEADER_LENGTH, length),
            None => post.header(CONTENT_TYPE, "application/json"),
        };
        let (header_length, bytes) = self.send(post.body(body.bytes)).await?;
        InferResponse::decode(header_length, &bytes).map_err(|why| RunnerError::bad_answer(&self.settings.address, why))
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, RunnerError> {
        let (_, bytes) = self.send(self.http.get(url)).await?;
        serde_json::from_slice(&bytes).map_err(|why| RunnerError::bad_answer(&self.settings.address, why))
    }

    /// Length of the JSON at the start of the answer, where tensors follow it; and the answer.
    async fn send(&self, request: RequestBuilder) -> Result<(Option<usize>, Vec<u8>), RunnerError> {
        let address = &self.settings.address;
        let lost = |error: reqwest::Error| RunnerError::unreachable(address, &with_causes(&error.without_url()));
        let request = match &self.settings.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        };
        let mut response = request.send().await.map_err(lost)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(RunnerError::bad_answer(address, format!("more than {MAX_ANSWER_BYTES} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        match response.status() {
            StatusCode::OK => Ok((header_length(&response), bytes)),
            status => Err(RunnerError::Refused { url: address.to_string(), status: status.into(), why: told(&bytes) }),
        }
    }
}

fn header_length(response: &Response) -> Option<usize> {
    response.headers().get(HEADER_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// What a server says of its refusal: `error` or `detail` of a JSON body, whatever its type says, else its beginning.
fn told(bytes: &[u8]) -> String {
    let document: Option<Value> = serde_json::from_slice(bytes).ok();
    let said = document.as_ref().and_then(|it| it.get("error").or(it.get("detail")));
    let text = said.map_or_else(
        || String::from_utf8_lossy(bytes).into_owned(),
        |said| said.as_str().map_or_else(|| said.to_string(), str::to_owned),
    );
    text.trim().chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_read_in_every_servers_words() {
        assert_eq!(told(br#"{"error":"no such model"}"#), "no such model");
        assert_eq!(told(br#"{"detail":[{"loc":["body"]}]}"#), r#"[{"loc":["body"]}]"#);
        assert_eq!(told(b"Traceback\n"), "Traceback");
        assert_eq!(told(&[b'x'; 9000]).len(), 300);
    }
}

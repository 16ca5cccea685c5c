//! Requests to a bucket of an S3-compatible store. An object is asked for by exactly the key that was named: nothing of
//! its path is folded, which is why no type for URLs stands in between.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::header::HOST;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::{sleep, timeout};

use super::FetchError;
use super::signature::Credential;
use crate::blame::with_causes;
use crate::config::{ConfigError, Store};

/// How long a store may be silent.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How often a request is made that a store is too busy for, the first time included.
const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Of an answer that is no object: a page of a listing has a thousand keys of at most 1024 bytes, encoded.
const MAX_ANSWER: usize = 8 << 20;
/// What an address may show as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const KEY: &AsciiSet = &PLAIN.remove(b'/');

pub type Http = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A client for any store.
///
/// # Errors
/// [`ConfigError`] when TLS cannot be set up.
pub fn client() -> Result<Http, ConfigError> {
    let tls = HttpsConnectorBuilder::new().try_with_platform_verifier();
    let tls = tls.map_err(|error| ConfigError::invalid("store", error))?;
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(TIMEOUT));
    Ok(Client::builder(TokioExecutor::new()).build(tls.https_or_http().enable_http1().wrap_connector(http)))
}

/// A bucket, and what opens it.
pub struct Bucket {
    http: Http,
    /// Path-style: `https://host/bucket`.
    address: String,
    region: String,
    credential: Option<Credential>,
}

impl Bucket {
    /// # Errors
    /// [`ConfigError`] when a secret is missing, or the store's address is none.
    pub fn new(http: &Http, store: &Store, name: &str) -> Result<Self, ConfigError> {
        let amazon = || format!("https://s3.{}.amazonaws.com", store.region);
        let endpoint = store.endpoint.clone().unwrap_or_else(amazon);
        let address = format!("{}/{}", endpoint.trim_end_matches('/'), encoded(name));
        let key = format!("endpoint of store {:?}", store.name);
        let is_web = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https"));
        if !address.parse::<Uri>().is_ok_and(|uri| is_web(&uri)) {
            return Err(ConfigError::invalid(key, "it is no http:// or https:// address"));
        }
        Ok(Self { http: http.clone(), address, region: store.region.clone(), credential: credential(store)? })
    }

    /// # Errors
    /// [`FetchError`].
    pub async fn get(&self, key: &str) -> Result<Response<Incoming>, FetchError> {
        self.object(Method::GET, key, "", Bytes::new(), &[]).await
    }

    /// A request about the object `key`, its `query` sorted and encoded.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn object(
        &self,
        method: Method,
        key: &str,
        query: &str,
        body: Bytes,
        headers: &[(&'static str, &str)],
    ) -> Result<Response<Incoming>, FetchError> {
        if key.is_empty() {
            return Err(FetchError::forbidden("it names no object"));
        }
        let address = format!("{}/{}", self.address, utf8_percent_encode(key, KEY));
        self.request(method, &address, query, body, headers).await
    }

    /// A request about the bucket itself: `query` in pairs, sorted.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn list(&self, query: &[(&str, &str)]) -> Result<String, FetchError> {
        let pairs: Vec<_> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        text(self.request(Method::GET, &self.address, &pairs.join("&"), Bytes::new(), &[]).await?).await
    }

    async fn request(
        &self,
        method: Method,
        address: &str,
        query: &str,
        body: Bytes,
        headers: &[(&'static str, &str)],
    ) -> Result<Response<Incoming>, FetchError> {
        let uri = if query.is_empty() { address.to_owned() } else { format!("{address}?{query}") };
        for attempt in 1.. {
            let sent = self.send(self.signed(&method, &uri, &body, headers)?).await;
            match sent {
                Err(FetchError::Unreachable { .. }) if attempt < ATTEMPTS => sleep(FIRST_PAUSE * attempt).await,
                sent => return sent,
            }
        }
        unreachable!("the last attempt is returned")
    }

    fn signed(
        &self,
        method: &Method,
        uri: &str,
        body: &Bytes,
        headers: &[(&'static str, &str)],
    ) -> Result<Request<Full<Bytes>>, FetchError> {
        let refused = |error: http::Error| FetchError::forbidden(error.to_string());
        let uri: Uri = uri.parse().map_err(|error: http::uri::InvalidUri| refused(error.into()))?;
        let host =
            uri.authority().map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default().to_owned());
        let mut request = Request::builder().method(method).uri(uri).header(HOST, host.unwrap_or_default());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, body) = request.body(body.clone()).map_err(refused)?.into_parts();
        if let Some(credential) = &self.credential {
            credential.sign(&mut parts, &body, &self.region, jiff::Timestamp::now());
        }
        Ok(Request::from_parts(parts, Full::new(body)))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, FetchError> {
        let response = timeout(TIMEOUT, self.http.request(request)).await.map_err(|_| silent())?;
        let response = response.map_err(|error| FetchError::unreachable(with_causes(&error)))?;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::NOT_FOUND => Err(FetchError::NotFound),
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
                Err(FetchError::forbidden("the store refuses it with these keys"))
            }
            status => Err(FetchError::unreachable(format!("the store says {status}"))),
        }
    }
}

/// What a response brings, as it comes.
pub fn stream(response: Response<Incoming>) -> impl Stream<Item = Result<Bytes, FetchError>> {
    futures_util::stream::unfold(response.into_body().into_data_stream(), |mut body| async {
        let piece = match timeout(TIMEOUT, body.next()).await {
            Ok(piece) => piece?.map_err(|error| FetchError::unreachable(with_causes(&error))),
            Err(_) => Err(silent()),
        };
        Some((piece, body))
    })
}

/// A short answer, whole.
///
/// # Errors
/// [`FetchError::Unreachable`].
pub async fn text(response: Response<Incoming>) -> Result<String, FetchError> {
    let whole = timeout(TIMEOUT, Limited::new(response.into_body(), MAX_ANSWER).collect()).await;
    let whole = whole.map_err(|_| silent())?.map_err(FetchError::unreachable)?;
    String::from_utf8(whole.to_bytes().into()).map_err(FetchError::unreachable)
}

fn silent() -> FetchError {
    FetchError::unreachable(format!("the store was silent for {} s", TIMEOUT.as_secs()))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

fn credential(store: &Store) -> Result<Option<Credential>, ConfigError> {
    let (Some(access), Some(secret)) = (&store.access_key, &store.secret_key) else { return Ok(None) };
    Ok(Some(Credential { access_key: access.read()?, secret_key: secret.read()? }))
}

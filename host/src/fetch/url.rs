//! Assets to be fetched, from hosts that their source allows, and from nowhere that these lead to.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{Stream, TryStreamExt};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, StatusCode, Url, redirect};

use super::FetchError;
use super::address::is_public;
use crate::blame::{causes, with_causes};
use crate::config::Source;

const TIMEOUT: Duration = Duration::from_secs(30);

/// What fetches, by the addresses that it may connect to.
pub struct Clients {
    public: Client,
    /// Private ones, too.
    private: Client,
}

impl Clients {
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> reqwest::Result<Self> {
        Ok(Self { public: client(false)?, private: client(true)? })
    }
}

/// The number of bytes, if the host says so, and the bytes.
///
/// # Errors
/// [`FetchError`].
pub async fn get(
    clients: &Clients,
    source: &Source,
    address: &str,
) -> Result<(Option<u64>, impl Stream<Item = Result<bytes::Bytes, FetchError>>), FetchError> {
    let url = allowed(source, address)?;
    let client = if source.private { &clients.private } else { &clients.public };
    let response = client.get(url).send().await.map_err(unreachable)?;
    match response.status() {
        status if status.is_success() => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Err(FetchError::NotFound),
        status if status.is_redirection() => return Err(FetchError::forbidden("its host leads elsewhere")),
        status @ (StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS) => {
            return Err(FetchError::unreachable(format!("its host says {status}")));
        }
        status if status.is_client_error() => return Err(FetchError::forbidden(format!("its host says {status}"))),
        status => return Err(FetchError::unreachable(format!("its host says {status}"))),
    }
    Ok((response.content_length(), response.bytes_stream().map_err(unreachable)))
}

fn allowed(source: &Source, address: &str) -> Result<Url, FetchError> {
    let url = Url::parse(address).map_err(|error| FetchError::forbidden(format!("it is no URL: {error}")))?;
    let host = url.host_str().unwrap_or_default();
    let authority = url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
    let whole = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
    let named = source.hosts.iter().any(|name| [&authority, &whole].iter().any(|host| name.eq_ignore_ascii_case(host)));
    if !matches!(url.scheme(), "http" | "https") || !named {
        return Err(FetchError::forbidden(format!("{authority:?} is not among `hosts` of its source")));
    }
    let literal = host.trim_matches(['[', ']']).parse();
    if !source.private && literal.is_ok_and(|address| !is_public(address)) {
        return Err(FetchError::forbidden("its address is private, and its source has no `private = true`"));
    }
    Ok(url)
}

fn client(private: bool) -> reqwest::Result<Client> {
    let client = Client::builder().redirect(redirect::Policy::none()).no_proxy();
    let client = client.connect_timeout(TIMEOUT).read_timeout(TIMEOUT);
    client.dns_resolver(std::sync::Arc::new(Names { private })).build()
}

#[derive(Debug, thiserror::Error)]
#[error("its host has private addresses only, and its source has no `private = true`")]
struct Private;

/// Looks names up, and forgets addresses that are not public: what is connected to is what was checked.
struct Names {
    private: bool,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            let all = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let usable: Vec<SocketAddr> = all.filter(|address| private || is_public(address.ip())).collect();
            match usable.is_empty() {
                true => Err(Private.into()),
                false => Ok(Box::new(usable.into_iter()) as Addrs),
            }
        })
    }
}

/// The whole chain of what went wrong, without the URL, which may hold a secret.
fn unreachable(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    match causes(&error).find(|error| error.is::<Private>()) {
        Some(private) => FetchError::forbidden(private.to_string()),
        None => FetchError::unreachable(with_causes(&error)),
    }
}

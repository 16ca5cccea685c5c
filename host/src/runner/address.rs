//! Where a runner is, as a URL says it.

use std::fmt;

use http::Uri;

use super::RunnerError;
use crate::config::without_secrets;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub grpc: bool,
    pub tls: bool,
    /// `http://HOST:PORT`, or https, and what stands before `/v2` in the path.
    pub origin: String,
    pub model: String,
    /// Empty for whichever the server prefers.
    pub version: String,
}

impl Address {
    /// # Errors
    /// [`RunnerError::Address`] when it names no model of a server.
    pub fn parse(url: &str) -> Result<Self, RunnerError> {
        let wrong = |why: &str| RunnerError::Address { url: without_secrets(url), why: why.into() };
        let uri: Uri = url.parse().map_err(|_| wrong("that is no URL"))?;
        let (grpc, tls) = match uri.scheme_str() {
            Some("http") => (false, false),
            Some("https") => (false, true),
            Some("grpc") => (true, false),
            Some("grpcs") => (true, true),
            _ => return Err(wrong("its scheme is none of http, https, grpc and grpcs")),
        };
        let authority = uri.authority().filter(|it| !it.as_str().contains('@'));
        let authority =
            authority.ok_or_else(|| wrong("it names no host, or a password, which belongs into `token`"))?;
        let (before, model) = match uri.path().split_once("/v2/models/") {
            Some(found) => found,
            None if grpc => ("", uri.path().trim_start_matches('/')),
            None => return Err(wrong("its path is not /v2/models/NAME")),
        };
        let model = model.trim_end_matches('/');
        let (model, version) = model.split_once("/versions/").unwrap_or((model, ""));
        if model.is_empty() || [model, version].iter().any(|part| part.contains('/')) {
            return Err(wrong("it names no model"));
        }
        let origin = format!("{}://{authority}{before}", if tls { "https" } else { "http" });
        Ok(Self { grpc, tls, origin, model: model.into(), version: version.into() })
    }

    /// The model's own address over HTTP.
    pub fn model_url(&self) -> String {
        match self.version.as_str() {
            "" => format!("{}/v2/models/{}", self.origin, self.model),
            version => format!("{}/v2/models/{}/versions/{version}", self.origin, self.model),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.model_url();
        f.write_str(&if self.grpc { url.replacen("http", "grpc", 1) } else { url })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_over_http_and_grpc_are_read() {
        let read = |url: &str| {
            let Address { grpc, tls, origin, model, version } = Address::parse(url).unwrap();
            (grpc, tls, origin, model, version)
        };
        let own = |grpc, tls, parts: [&str; 3]| {
            let [origin, model, version] = parts.map(str::to_owned);
            (grpc, tls, origin, model, version)
        };
        assert_eq!(read("http://gpu:8000/v2/models/a"), own(false, false, ["http://gpu:8000", "a", ""]));
        assert_eq!(
            read("https://x.example/p/v2/models/a/versions/3"),
            own(false, true, ["https://x.example/p", "a", "3"])
        );
        assert_eq!(read("grpc://gpu:8001/a"), own(true, false, ["http://gpu:8001", "a", ""]));
        assert_eq!(read("grpcs://gpu:8001/v2/models/a/"), own(true, true, ["https://gpu:8001", "a", ""]));
        assert_eq!(Address::parse("grpcs://gpu:1/a").unwrap().to_string(), "grpcs://gpu:1/v2/models/a");
    }

    #[test]
    fn what_names_no_model_is_refused_without_its_secrets() {
        for url in [
            "gpu:8000",
            "ftp://gpu/v2/models/a",
            "http://gpu/a",
            "grpc://gpu",
            "http://u:pw@gpu/v2/models/a",
            "http://gpu/v2/models/a/b",
        ] {
            let error = Address::parse(url).unwrap_err();
            assert!(error.code() == "config-bad-runner" && !error.to_string().contains("pw"), "{error}");
        }
    }
}

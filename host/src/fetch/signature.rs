//! Version 4 of Amazon's signatures, as S3 wants it: each path is signed just as it is sent.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use std::collections::BTreeMap;

use http::header::{AUTHORIZATION, HeaderValue};
use http::request::Parts;
use jiff::Timestamp;
use ring::hmac::{HMAC_SHA256, Key, Tag, sign};

use crate::config::Secret;
use crate::files::sha256;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What opens a store.
pub struct Credential {
    pub access_key: Secret,
    pub secret_key: Secret,
}

impl Credential {
    /// Signs a request with all its headers, `host` among them. Its query must be sorted, each `name=value`.
    pub fn sign(&self, request: &mut Parts, body: &[u8], region: &str, at: Timestamp) {
        let (moment, digest) = (at.strftime("%Y%m%dT%H%M%SZ").to_string(), sha256(body));
        for (name, value) in [("x-amz-date", &moment), ("x-amz-content-sha256", &digest)] {
            request.headers.insert(name, HeaderValue::from_str(value).expect("digits and letters"));
        }
        let scope = format!("{}/{region}/s3/aws4_request", &moment[..8]);
        let (signed, canonical) = canonical(request, &digest);
        let to_sign = format!("{ALGORITHM}\n{moment}\n{scope}\n{}", sha256(canonical.as_bytes()));
        let signature = hex::encode(self.key(&scope, to_sign.as_bytes()));
        let access_key = self.access_key.expose();
        let value =
            format!("{ALGORITHM} Credential={access_key}/{scope}, SignedHeaders={signed}, Signature={signature}");
        // A key that no header can hold is refused by the store.
        request.headers.insert(AUTHORIZATION, HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("")));
    }

    /// The signature of `message` with the key of a scope: of a day, a region and S3.
    fn key(&self, scope: &str, message: &[u8]) -> Tag {
        let first = format!("AWS4{}", self.secret_key.expose());
        let links = scope.split('/').map(str::as_bytes).chain([message]);
        let mut key = Key::new(HMAC_SHA256, first.as_bytes());
        let mut last = None;
        for link in links {
            let tag = sign(&key, link);
            key = Key::new(HMAC_SHA256, tag.as_ref());
            last = Some(tag);
        }
        last.expect("a scope has parts")
    }
}

/// The names of the headers, and what of the request is signed.
fn canonical(request: &Parts, digest: &str) -> (String, String) {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
    let headers: BTreeMap<&str, String> =
        request.headers.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
    let names = headers.keys().copied().collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let (path, query) = (request.uri.path(), request.uri.query().unwrap_or_default());
    let whole = format!("{}\n{path}\n{query}\n{lines}\n{names}\n{digest}", request.method);
    (names, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of Amazon's documentation.
    #[test]
    fn a_request_is_signed_as_amazon_signs_it() {
        let credential = Credential {
            access_key: Secret::new("AKIAIOSFODNN7EXAMPLE"),
            secret_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        };
        let at = "2013-05-24T00:00:00Z".parse().unwrap();
        for (path, range, signature) in [
            ("/test.txt", Some("bytes=0-9"), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
            ("/?max-keys=2&prefix=J", None, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
        ] {
            let host = "examplebucket.s3.amazonaws.com";
            let mut request = http::Request::get(format!("https://{host}{path}")).header("host", host);
            if let Some(range) = range {
                request = request.header("range", range);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            credential.sign(&mut parts, b"", "us-east-1", at);
            let shown = parts.headers[AUTHORIZATION].to_str().unwrap();
            assert!(shown.ends_with(&format!("Signature={signature}")), "{path}: {shown}");
        }
    }
}

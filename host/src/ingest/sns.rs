//! Envelopes of Amazon's SNS, which S3's notifications may come in, and whether Amazon has signed them:
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>.

use base64::prelude::{BASE64_STANDARD, Engine};
use reqwest::Url;
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use serde::Deserialize;
use webpki::EndEntityCert;
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;

use super::HookError;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    #[serde(rename = "Type")]
    kind: Kind,
    pub message: String,
    message_id: String,
    subject: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    timestamp: String,
    token: Option<String>,
    pub topic_arn: String,
    signature: String,
    signature_version: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Kind {
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

/// What an envelope is for.
#[derive(Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It holds a message.
    Message,
    /// Nothing comes until this address has been asked for.
    Confirm(Url),
    /// A subscription has ended.
    Nothing,
}

impl Envelope {
    /// The envelope that `body` is, if it is one.
    ///
    /// # Errors
    /// [`HookError::Malformed`] when it lacks something.
    pub fn read(body: &[u8]) -> Result<Option<Self>, HookError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Mark {
            #[serde(rename = "Type")]
            _kind: Kind,
            #[serde(rename = "TopicArn")]
            _topic: String,
        }
        if serde_json::from_slice::<Mark>(body).is_err() {
            return Ok(None);
        }
        serde_json::from_slice(body).map(Some).map_err(HookError::malformed("s3"))
    }

    /// Where the certificate is that it is signed with.
    ///
    /// # Errors
    /// [`HookError::Unsigned`] when that is not at Amazon.
    pub fn certificate(&self) -> Result<Url, HookError> {
        amazon(&self.signing_cert_url)
    }

    /// # Errors
    /// [`HookError::Unsigned`] when it is to be confirmed elsewhere than at Amazon.
    pub fn purpose(&self) -> Result<Purpose, HookError> {
        Ok(match self.kind {
            Kind::Notification => Purpose::Message,
            Kind::SubscriptionConfirmation => Purpose::Confirm(amazon(self.subscribe_url.as_deref().unwrap_or(""))?),
            Kind::UnsubscribeConfirmation => Purpose::Nothing,
        })
    }

    /// Whether it is signed with the key of a certificate, in PEM.
    ///
    /// # Errors
    /// [`HookError::Unsigned`].
    pub fn verify(&self, certificate: &[u8]) -> Result<(), HookError> {
        let signature = BASE64_STANDARD.decode(&self.signature).map_err(unsigned)?;
        let algorithm: &dyn SignatureVerificationAlgorithm = match self.signature_version.as_str() {
            "1" => &RsaSha1,
            "2" => RSA_PKCS1_2048_8192_SHA256,
            other => return Err(unsigned(format!("unknown SignatureVersion {other:?}"))),
        };
        let certificate = CertificateDer::from_pem_slice(certificate).map_err(unsigned)?;
        let certificate = EndEntityCert::try_from(&certificate).map_err(unsigned)?;
        certificate.verify_signature(algorithm, self.signed().as_bytes(), &signature).map_err(unsigned)
    }

    /// What is signed.
    fn signed(&self) -> String {
        let kind = format!("{:?}", self.kind);
        let line = |name: &str, value: Option<&String>| value.map(|value| format!("{name}\n{value}\n"));
        let notifies = self.kind == Kind::Notification;
        let lines = [
            line("Message", Some(&self.message)),
            line("MessageId", Some(&self.message_id)),
            line("Subject", self.subject.as_ref().filter(|_| notifies)),
            line("SubscribeURL", self.subscribe_url.as_ref().filter(|_| !notifies)),
            line("Timestamp", Some(&self.timestamp)),
            line("Token", self.token.as_ref().filter(|_| !notifies)),
            line("TopicArn", Some(&self.topic_arn)),
            line("Type", Some(&kind)),
        ];
        lines.into_iter().flatten().collect()
    }
}

/// An address at one of Amazon's own hosts: `https://sns.REGION.amazonaws.com/…`.
fn amazon(address: &str) -> Result<Url, HookError> {
    let url = Url::parse(address).map_err(unsigned)?;
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let region = host.strip_prefix("sns.").and_then(|rest| rest.strip_suffix(".amazonaws.com"));
    let is_region = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    let plain = url.scheme() == "https" && url.port().is_none() && url.username().is_empty();
    match plain && region.is_some_and(is_region) {
        true => Ok(url),
        false => Err(unsigned(format!("{:?} is no host of SNS", url.host_str().unwrap_or_default()))),
    }
}

fn unsigned(why: impl std::fmt::Display) -> HookError {
    HookError::Unsigned { why: why.to_string() }
}

/// `SignatureVersion` 1, which topics have unless they ask for 2.
#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, key);
        key.verify(message, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    /// sha1WithRSAEncryption of RFC 4055.
    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hooks").join(name)).unwrap()
    }

    fn envelope(name: &str) -> Envelope {
        Envelope::read(&fixture(name)).unwrap().unwrap()
    }

    #[test]
    fn a_signature_holds_for_what_was_signed_and_nothing_else() {
        let certificate = fixture("sns.pem");
        for name in ["sns-sha1.json", "sns-sha256.json", "sns-confirmation.json"] {
            envelope(name).verify(&certificate).unwrap_or_else(|error| panic!("{name}: {error}"));
            let mut forged = envelope(name);
            forged.message.push(' ');
            assert_eq!(forged.verify(&certificate).unwrap_err().code(), "hook-unsigned", "{name}");
        }
        let mut unsigned = envelope("sns-sha256.json");
        unsigned.signature_version = "3".into();
        assert_eq!(unsigned.verify(&certificate).unwrap_err().code(), "hook-unsigned");
        assert_eq!(envelope("sns-sha1.json").verify(b"no certificate").unwrap_err().code(), "hook-unsigned");
    }

    #[test]
    fn only_amazon_confirms_and_gives_certificates() {
        for good in ["https://sns.eu-west-1.amazonaws.com/x.pem", "https://sns.cn-north-1.amazonaws.com.cn/?a=b"] {
            assert!(amazon(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://sns.eu-west-1.amazonaws.com/x.pem",
            "https://sns.eu-west-1.amazonaws.com.example.org/x.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/",
            "https://sns.eu-west-1.amazonaws.com@example.org/",
            "https://a@sns.eu-west-1.amazonaws.com/",
            "https://sns..amazonaws.com/",
            "https://sns.a.b.amazonaws.com/",
            "https://example.org/sns.eu-west-1.amazonaws.com",
            "https://bucket.s3.amazonaws.com/x.pem",
        ] {
            assert!(amazon(bad).is_err(), "{bad}");
        }
        let Purpose::Confirm(url) = envelope("sns-confirmation.json").purpose().unwrap() else { panic!() };
        assert!(url.as_str().contains("ConfirmSubscription"));
    }
}

//! Verifying an asset against its manifest, offline.

use encypher_c2pa::{Error, TelemetryOptions, VerifyOptions, verify_with_options};
use veritag_abi::Fault;
use veritag_abi::credentials::{Credentials, Request, State};

use crate::document::document;
use crate::format::mime;

/// Whom Veritag trusts, as `trust/README.md` says; the library's own lists have its maker on them too.
const SIGNERS: &str = include_str!("../trust/c2pa-trust.pem");
const TIME_STAMPS: &str = include_str!("../trust/c2pa-tsa-trust.pem");
const NEWS_PUBLISHERS: &str = include_str!("../trust/iptc-news-publishers.pem");

/// # Errors
/// [`Fault::Rejected`] for a time or anchors that are none.
pub fn verify(asset: &[u8], request: Request) -> Result<Credentials, Fault> {
    let Some(mime) = mime(asset) else { return Ok(Credentials::of(State::None)) };
    let anchors = request.anchors.unwrap_or_default();
    let options = VerifyOptions {
        no_default_trust: true,
        trust_pem: Some([SIGNERS, &anchors].join("\n")),
        tsa_trust_pem: Some(TIME_STAMPS.into()),
        allowed_list_pem: Some(NEWS_PUBLISHERS.into()),
        validation_time: Some(request.time),
        telemetry: TelemetryOptions { enabled: Some(false), ..TelemetryOptions::default() },
        online: Some(false),
        ..VerifyOptions::default()
    };
    match verify_with_options(asset, mime, &options) {
        Ok(report) => Ok(document(&report)),
        Err(error @ (Error::InvalidTrust(_) | Error::InvalidValidationTime(_))) => {
            Err(Fault::Rejected(error.to_string()))
        }
        // The container, or what is in it, cannot be read as the format says.
        Err(error) => Ok(Credentials { why: Some(error.to_string()), ..Credentials::of(State::Broken) }),
    }
}

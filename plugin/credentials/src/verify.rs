//! Verifying an asset against its manifest, offline.

use encypher_c2pa::{Error, TelemetryOptions, VerificationReport, VerifyOptions, verify_with_options};
use serde_json::Value;
use veritag_abi::Fault;
use veritag_abi::credentials::{Credentials, Request, State};

use crate::document::document;
use crate::format::mime;

/// Whom Veritag trusts, as `trust/README.md` says; the library's own lists have its maker on them too.
const SIGNERS: &str = include_str!("../trust/c2pa-trust.pem");
const TIME_STAMPS: &str = include_str!("../trust/c2pa-tsa-trust.pem");
const NEWS_PUBLISHERS: &str = include_str!("../trust/iptc-news-publishers.pem");

const TIME_STAMP_TRUSTED: &str = "timeStamp.trusted";

/// # Errors
/// [`Fault::Rejected`] for a time or anchors that are none.
pub fn verify(asset: &[u8], request: Request) -> Result<Credentials, Fault> {
    let Some(mime) = mime(asset) else { return Ok(Credentials::of(State::None)) };
    let anchors = request.anchors.unwrap_or_default();
    let options = VerifyOptions {
        no_default_trust: true,
        trust_pem: Some([SIGNERS, &anchors].join("\n")),
        tsa_trust_pem: Some([TIME_STAMPS, &anchors].join("\n")),
        allowed_list_pem: Some(NEWS_PUBLISHERS.into()),
        validation_time: Some(request.time),
        telemetry: TelemetryOptions { enabled: Some(false), ..TelemetryOptions::default() },
        online: Some(false),
        ..VerifyOptions::default()
    };
    match verify_with_options(asset, mime, &options) {
        Ok(report) => Ok(Credentials { signed_at: stamped(asset, mime, options, &report), ..document(&report) }),
        Err(error @ (Error::InvalidTrust(_) | Error::InvalidValidationTime(_))) => {
            Err(Fault::Rejected(error.to_string()))
        }
        // The container, or what is in it, cannot be read as the format says.
        Err(error) => Ok(Credentials { why: Some(error.to_string()), ..Credentials::of(State::Broken) }),
    }
}

/// The time of a trusted time stamp, which only the strict policy's view of the manifest has.
fn stamped(asset: &[u8], mime: &str, options: VerifyOptions, report: &VerificationReport) -> Option<String> {
    report.validation_results.success.iter().find(|status| status.code == TIME_STAMP_TRUSTED)?;
    let strict = VerifyOptions { strict_conformance: true, ..options };
    let view = verify_with_options(asset, mime, &strict).ok()?.content_credentials?;
    view.pointer("/manifests/0/signature/timeStampInfo/timestamp").and_then(Value::as_str).map(str::to_owned)
}

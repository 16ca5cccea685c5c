//! `/v1/assets/SHA256`: what models and people say of an asset.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use bytes::Bytes;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::App;
use super::assets::by_token;
use super::problem::Problem;
use crate::assessment::{Assessment, Review};
use crate::ingest::HookError;
use crate::jobs;
use crate::records::ReviewRecord;

/// An asset, wherever it came from.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnownAsset {
    pub sha256: String,
    /// As `veritag schema` describes them, the newest first.
    pub assessments: Vec<Value>,
    /// The last one first, which counts.
    pub reviews: Vec<ReviewRecord>,
}

/// A person's decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    pub decision: Decision,
    /// Who decided.
    pub by: String,
    pub note: Option<String>,
}

/// `none` takes an earlier decision back.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Real,
    Fake,
    Unsure,
    None,
}

impl From<Decision> for Review {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Real => Self::ReviewedAsReal,
            Decision::Fake => Self::ReviewedAsFake,
            Decision::Unsure => Self::ReviewedAsUnsure,
            Decision::None => Self::NotReviewed,
        }
    }
}

/// What is known of an asset.
#[utoipa::path(get, path = "/v1/assets/{sha256}", params(("sha256" = String, Path, description = "Of its bytes, in hex")),
    responses((status = 200, body = KnownAsset), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn asset(
    State(app): State<Arc<App>>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
) -> Result<Json<KnownAsset>, Problem> {
    by_token(&app, &headers)?;
    require_sha256(&sha256)?;
    let assessments = app.ingest.records.assessments(&sha256).await?;
    if assessments.is_empty() {
        return Err(Problem::not_found("asset"));
    }
    let document = |mut assessment: Assessment| {
        // Where it was is for those who look after the machine.
        assessment.asset.path = String::new();
        serde_json::to_value(assessment).expect("plain data serializes")
    };
    let assessments = assessments.into_iter().map(document).collect();
    let reviews = app.ingest.records.reviews(&sha256).await?;
    Ok(Json(KnownAsset { sha256, assessments, reviews }))
}

/// Keeps a person's decision beside what models say: the tags follow it, and receivers of `review.changed` are sent a webhook.
/// It needs the token of a source that speaks `veritag`: a signature would not say which asset is meant.
#[utoipa::path(put, path = "/v1/assets/{sha256}/review", request_body = NewReview,
    params(("sha256" = String, Path, description = "Of the asset's bytes, in hex")),
    responses((status = 200, body = ReviewRecord), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn review(
    State(app): State<Arc<App>>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<ReviewRecord>, Problem> {
    by_token(&app, &headers)?;
    require_sha256(&sha256)?;
    let NewReview { decision, by, note } = serde_json::from_slice(&body).map_err(HookError::malformed("veritag"))?;
    if [Some(&by), note.as_ref()].into_iter().flatten().any(|text| text.contains('\0')) {
        return Err(HookError::malformed("veritag")("`by` or `note` has a NUL character").into());
    }
    let kept = jobs::review(&app.ingest.records, &sha256, decision.into(), &by, note.as_deref()).await?;
    kept.map(Json).ok_or_else(|| Problem::not_found("asset"))
}

fn require_sha256(text: &str) -> Result<(), Problem> {
    let is = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is { Ok(()) } else { Err(Problem::not_found("asset")) }
}

//! What models and people say of assets, and what people decide: all that the review pages do.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::access::Caller;
use super::problem::Problem;
use crate::assessment::{Assessment, Review};
use crate::config::Role;
use crate::database::new_id;
use crate::ingest::HookError;
use crate::jobs::{self, MAX_AT_ONCE};
use crate::records::{self, Filter, Item, Pair, ReviewRecord, SecondReading};

/// Assets of a page.
const PAGE: u32 = 100;

/// An asset, wherever it came from.
#[derive(Debug, Serialize, ToSchema)]
pub struct KnownAsset {
    pub sha256: String,
    /// As `veritag schema` describes them, the newest first.
    #[schema(value_type = Vec<Object>)]
    pub assessments: Vec<Assessment>,
    /// The last one first, which counts.
    pub reviews: Vec<ReviewRecord>,
}

/// A person's decision.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewReview {
    pub decision: Decision,
    /// Who decided: needed with the token of a source, for that of a person says it.
    pub by: Option<String>,
    pub note: Option<String>,
    /// Whether the score was seen first.
    pub saw_score: Option<bool>,
}

/// A person's decision on several assets.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewReviews {
    /// By sha256, at most 500.
    pub assets: Vec<String>,
    #[serde(flatten)]
    pub review: NewReview,
}

/// What was kept, and what it is undone by.
#[derive(Debug, Serialize, ToSchema)]
pub struct Batch {
    pub batch: String,
    pub reviews: Vec<ReviewRecord>,
}

/// The assets of a batch that are as they were before.
#[derive(Debug, Serialize, ToSchema)]
pub struct Undone {
    pub assets: Vec<String>,
}

/// A page of the assets that a filter shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listing {
    pub items: Vec<Item>,
    /// The number of the next page, if there may be one.
    pub next: Option<u64>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageNumber {
    /// From 1 on; 100 assets each.
    page: Option<u64>,
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
    _: Caller,
) -> Result<Json<KnownAsset>, Problem> {
    require_sha256(&sha256)?;
    let assessments = app.ingest.records.assessments(&sha256).await?;
    if assessments.is_empty() {
        return Err(Problem::not_found("asset"));
    }
    let document = |mut assessment: Assessment| {
        // Where it was is for those who look after the machine.
        assessment.asset.path = String::new();
        assessment
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
    caller: Caller,
    body: Bytes,
) -> Result<Json<ReviewRecord>, Problem> {
    require_sha256(&sha256)?;
    let review: NewReview = read(&body)?;
    let kept = decide(&app, caller, &[sha256], review, None).await?;
    kept.into_iter().next().map(Json).ok_or_else(|| Problem::not_found("asset"))
}

/// Keeps a person's decision on several assets, as far as they are known. `DELETE /v1/reviews/BATCH` undoes it.
#[utoipa::path(post, path = "/v1/reviews", request_body = NewReviews,
    responses((status = 200, body = Batch), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn review_many(State(app): State<Arc<App>>, caller: Caller, body: Bytes) -> Result<Json<Batch>, Problem> {
    let NewReviews { assets, review } = read(&body)?;
    if assets.is_empty() || assets.len() > MAX_AT_ONCE {
        let why = format!("`assets` names {} assets, 1 to {MAX_AT_ONCE} are taken", assets.len());
        return Err(HookError::unclear(why).into());
    }
    assets.iter().try_for_each(|sha256| require_sha256(sha256))?;
    let batch = new_id();
    let reviews = decide(&app, caller, &assets, review, Some(&batch)).await?;
    Ok(Json(Batch { batch, reviews }))
}

/// Has assets be as they were before a decision, but for those that were decided on since.
#[utoipa::path(delete, path = "/v1/reviews/{batch}", params(("batch" = String, Path, description = "As `POST /v1/reviews` answered"),
    ("by" = Option<String>, Query, description = "Who undoes it: needed with the token of a source")),
    responses((status = 200, body = Undone), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn undo(
    State(app): State<Arc<App>>,
    Path(batch): Path<String>,
    caller: Caller,
    Query(By { by }): Query<By>,
) -> Result<Json<Undone>, Problem> {
    caller.require(Role::Reviewer)?;
    require_plain([Some(&batch), by.as_ref()])?;
    let by = caller.name(by)?;
    Ok(Json(Undone { assets: jobs::undo(&app.ingest.records, &batch, &by).await? }))
}

#[derive(Debug, Deserialize)]
pub struct By {
    by: Option<String>,
}

/// The assets that a filter shows, in its order.
#[utoipa::path(get, path = "/v1/assets", params(Filter, PageNumber),
    responses((status = 200, body = Listing), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    _: Caller,
    filter: Result<Query<Filter>, QueryRejection>,
    page: Result<Query<PageNumber>, QueryRejection>,
) -> Result<Json<Listing>, Problem> {
    let (Query(filter), Query(PageNumber { page })) =
        (filter.map_err(HookError::unclear)?, page.map_err(HookError::unclear)?);
    filter.check().map_err(HookError::unclear)?;
    let page = page.unwrap_or(1).clamp(1, 1 << 40);
    let items = app.ingest.records.items(&filter, PAGE, (page - 1) * u64::from(PAGE)).await?;
    let next = (items.len() == PAGE as usize).then_some(page + 1);
    Ok(Json(Listing { items, next }))
}

/// What two people say of the assets that both have looked at.
#[utoipa::path(get, path = "/v1/second-readings",
    responses((status = 200, body = Vec<Pair>), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn second_readings(State(app): State<Arc<App>>, _: Caller) -> Result<Json<Vec<Pair>>, Problem> {
    Ok(Json(app.ingest.records.pairs().await?))
}

/// What a second person says.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewSecondReading {
    /// By sha256.
    pub asset: String,
    pub decision: Decision,
    /// Who says it: needed with the token of a source.
    pub by: Option<String>,
}

/// Keeps what a second person says of an asset; the first decision counts.
#[utoipa::path(post, path = "/v1/second-readings", request_body = NewSecondReading,
    responses((status = 200, body = Pair), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn read_second(State(app): State<Arc<App>>, caller: Caller, body: Bytes) -> Result<Json<Pair>, Problem> {
    caller.require(Role::Reviewer)?;
    let NewSecondReading { asset, decision, by } = read(&body)?;
    require_sha256(&asset)?;
    require_plain([by.as_ref()])?;
    let reader = caller.name(by)?;
    let reading = SecondReading { asset: &asset, review: decision.into(), reader: &reader };
    let pair = app.ingest.records.read_second(reading).await?;
    pair.map(Json).ok_or_else(|| Problem::not_found("asset to read a second time"))
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| HookError::unclear(error).into())
}

async fn decide(
    app: &App,
    caller: Caller,
    assets: &[String],
    review: NewReview,
    batch: Option<&str>,
) -> Result<Vec<ReviewRecord>, Problem> {
    caller.require(Role::Reviewer)?;
    let NewReview { decision, by, note, saw_score } = review;
    require_plain([by.as_ref(), note.as_ref()])?;
    let (review, reviewer, note) = (decision.into(), caller.name(by)?, note.as_deref());
    let decision = records::Decision { review, reviewer: &reviewer, note, saw_score, batch, undone_by: None };
    Ok(jobs::review(&app.ingest.records, assets, &decision).await?)
}

/// PostgreSQL takes no NUL in a text.
fn require_plain<'a>(texts: impl IntoIterator<Item = Option<&'a String>>) -> Result<(), Problem> {
    let plain = !texts.into_iter().flatten().any(|text| text.contains('\0'));
    if plain { Ok(()) } else { Err(HookError::unclear("a text has a NUL character").into()) }
}

fn require_sha256(text: &str) -> Result<(), Problem> {
    let is = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is { Ok(()) } else { Err(Problem::not_found("asset")) }
}

//! `/v1/calibration`: how the model does on this site's own assets.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use http::StatusCode;
use serde::Deserialize;

use super::App;
use super::access::Caller;
use super::problem::Problem;
use crate::calibration::{Limits, Profile, Report};
use crate::config::Role;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Share of uploads that are fake, 0 to 1 [default: 0.01].
    base_rate: Option<f64>,
    /// Also decisions after seeing the score.
    #[serde(default)]
    seen: bool,
    /// Who sets a profile: needed with the token of a source.
    by: Option<String>,
}

/// How the model does on assets that people have decided on, and the band that flags at most 2 % of genuine ones and misses
/// at most 10 % of fakes.
#[utoipa::path(get, path = "/v1/calibration", params(Asked),
    responses((status = 200, body = Report), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn report(
    State(app): State<Arc<App>>,
    _: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Report>, Problem> {
    made(&app, &asked).await.map(Json)
}

/// Has later assessments follow that band.
#[utoipa::path(post, path = "/v1/calibration", params(Asked),
    responses((status = 200, body = Profile), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn save(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Profile>, Problem> {
    caller.require(Role::Admin)?;
    let report = made(&app, &asked).await?;
    let by = caller.name(asked.by)?;
    let none = || Problem::new(StatusCode::CONFLICT, "calibrate-no-band", "no band keeps the limits for sure");
    let advice = report.advice.as_ref().ok_or_else(none)?;
    let profile = Profile::advised(report.model.clone(), advice);
    Ok(Json(app.ingest.records.keep_profile(&profile, &by).await?))
}

async fn made(app: &App, asked: &Asked) -> Result<Report, Problem> {
    let cases = app.ingest.records.cases(&app.model, !asked.seen).await?;
    let base_rate = asked.base_rate.filter(|rate| (0.0..=1.0).contains(rate)).unwrap_or(0.01);
    Ok(Report::new(app.model.clone(), &cases, base_rate, Limits::default()))
}

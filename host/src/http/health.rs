//! Whether the service lives, can work, and how it does.

use std::sync::Arc;

use axum::extract::State;

use super::App;
use super::problem::Problem;

/// The process lives.
#[utoipa::path(get, path = "/health/live", security(()), responses((status = 200)))]
pub async fn live() -> &'static str {
    "live\n"
}

/// The database answers.
#[utoipa::path(get, path = "/health/ready", security(()), responses((status = 200), (status = 503, body = Problem)))]
pub async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    app.ingest.records.ping().await?;
    Ok("ready\n")
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", security(()), responses((status = 200), (status = 503, body = Problem)))]
pub async fn metrics(State(app): State<Arc<App>>) -> Result<String, Problem> {
    for (state, number) in app.ingest.records.count_jobs().await? {
        metrics::gauge!("veritag_jobs", "state" => state).set(number as f64);
    }
    app.metrics.run_upkeep();
    Ok(app.metrics.render())
}

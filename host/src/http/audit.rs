//! `/v1/audit`: who did what.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::App;
use super::access::Caller;
use super::problem::Problem;
use crate::config::Role;
use crate::records::AuditRecord;

/// Rows of a page.
const PAGE: i64 = 1000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// Rows after this number [default: 0].
    after: Option<i64>,
}

/// At most 1000 rows of the log, in the order in which they were written. Each holds the hash of the one before.
#[utoipa::path(get, path = "/v1/audit", params(After),
    responses((status = 200, body = Vec<AuditRecord>), (status = "4XX", body = Problem), (status = 503, body = Problem)))]
pub async fn log(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(After { after }): Query<After>,
) -> Result<Json<Vec<AuditRecord>>, Problem> {
    caller.require(Role::Admin)?;
    Ok(Json(app.ingest.records.audit_after(after.unwrap_or(0), PAGE).await?))
}

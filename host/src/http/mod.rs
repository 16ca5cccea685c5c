//! The service: hooks and uploads in, jobs and assessments out. `/openapi.json` is made from this code.

mod access;
mod assets;
mod audit;
mod auth;
mod calibration;
mod drain;
mod health;
mod hooks;
mod jobs;
mod problem;
mod reviews;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::trace::TraceLayer;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use auth::Auth;

use crate::config::{Config, ConfigError, Source};
use crate::fetch::Spool;
use crate::jobs::Ingest;
use crate::people::People;

#[derive(OpenApi)]
#[openapi(
    info(title = "Veritag", description = "Deepfake tags for media libraries"),
    modifiers(&Token),
    security(("token" = []))
)]
struct Document;

/// How callers say who they are, in the document.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("Of a person or of a source"));
        let parts = document.components.get_or_insert_default();
        parts.add_security_scheme("token", SecurityScheme::Http(token.build()));
    }
}

/// What every request may use.
pub struct App {
    pub ingest: Ingest,
    pub people: Arc<People>,
    /// Name and version of the model that assesses.
    pub model: String,
    /// In the order of the configuration, those that ask for something first.
    pub sources: Vec<(Source, Auth)>,
    pub metrics: PrometheusHandle,
    pub spool: Arc<Spool>,
    pub max_bytes: u64,
    pub max_message_bytes: usize,
}

impl App {
    /// Every source of `config`, with how its requests are authenticated.
    ///
    /// # Errors
    /// [`ConfigError`] when a secret is missing.
    pub fn sources(config: &Config) -> Result<Vec<(Source, Auth)>, ConfigError> {
        let with_auth = |source: &Source| Ok((source.clone(), Auth::new(source)?));
        let mut sources = config.sources.iter().map(with_auth).collect::<Result<Vec<_>, _>>()?;
        sources.sort_by_key(|(_, auth)| matches!(auth, Auth::Open));
        Ok(sources)
    }
}

/// Every address of the service.
pub fn router(app: App) -> Router {
    let limit = DefaultBodyLimit::max(app.max_message_bytes);
    let (router, document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(hooks::receive, hooks::check))
        .routes(routes!(assets::receive, reviews::list))
        .routes(routes!(reviews::asset))
        .routes(routes!(reviews::review))
        .routes(routes!(reviews::review_many))
        .routes(routes!(reviews::undo))
        .routes(routes!(reviews::second_readings, reviews::read_second))
        .routes(routes!(audit::log))
        .routes(routes!(calibration::report, calibration::save))
        .routes(routes!(jobs::job))
        .routes(routes!(jobs::events))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .split_for_parts();
    let document = document.to_pretty_json().expect("plain data serializes");
    let json = [(http::header::CONTENT_TYPE, "application/json")];
    router
        .route("/openapi.json", get(async move || (json, document)))
        .layer(limit)
        .layer(from_fn(drain::drain))
        .layer(TraceLayer::new_for_http())
        .with_state(Arc::new(app))
}

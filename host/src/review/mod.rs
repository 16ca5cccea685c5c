//! `/review`: where people see what models say of their assets, and why, and decide.

mod access;
mod agreement;
mod asset;
mod cache;
mod calibration;
mod decide;
mod faces;
mod fault;
mod filters;
mod guard;
mod lanes;
mod layout;
mod log;
mod media;
mod queue;
mod second;
mod sign_in;
mod trends;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use tokio::sync::Semaphore;
use tower_http::trace::TraceLayer;

use crate::config::{Config, ConfigError, ReviewSettings};
use crate::jobs::Assessor;
use crate::people::People;
use cache::Cache;

/// Most bytes of a form: a decision on many assets names them all.
const MAX_FORM: usize = 1 << 20;
/// Pictures that are made at a time: people look at the first ones first, and scans go on beside.
const PICTURES_AT_ONCE: usize = 2;
/// Assets that are fetched at a time: each takes its size on disk.
const FETCHES_AT_ONCE: usize = 2;

/// What every page may use.
pub struct Pages {
    pub assessor: Arc<Assessor>,
    pub people: Arc<People>,
    pub settings: ReviewSettings,
    cache: Cache,
    /// Files that were found to be what they were when they were assessed, by sha256.
    verified: Mutex<HashMap<String, String>>,
    /// One for each picture that is made at a time.
    pictures: Semaphore,
    /// One for each asset that is fetched at a time.
    fetches: Semaphore,
}

impl Pages {
    /// # Errors
    /// [`ConfigError`] when there is no place for the pictures.
    pub fn new(assessor: Arc<Assessor>, people: Arc<People>, config: &Config) -> Result<Self, ConfigError> {
        let directory = config.service.spool.join("review");
        let unusable =
            |error: std::io::Error| ConfigError::Unreadable { path: directory.clone(), why: error.to_string() };
        let cache = Cache::open(Path::new(&directory), config.review.max_cache_bytes).map_err(unusable)?;
        let [pictures, fetches] = [PICTURES_AT_ONCE, FETCHES_AT_ONCE].map(Semaphore::new);
        let verified = Mutex::default();
        Ok(Self { assessor, people, settings: config.review.clone(), cache, verified, pictures, fetches })
    }
}

/// Every page. Whoever serves it must say where requests come from.
pub fn router(pages: Pages) -> Router {
    Router::new()
        .route("/review", get(queue::page))
        .route("/review/style.css", get(layout::style))
        .route("/review/script.js", get(layout::script))
        .route("/review/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/review/sign-out", post(sign_in::sign_out))
        .route("/review/decide", post(decide::many))
        .route("/review/undo", post(decide::undo))
        .route("/review/second", get(second::next))
        .route("/review/second/{sha256}", post(second::decide))
        .route("/review/agreement", get(agreement::page))
        .route("/review/calibration", get(calibration::page).post(calibration::save))
        .route("/review/trends", get(trends::page))
        .route("/review/log", get(log::page))
        .route("/review/assets/{sha256}", get(asset::page).post(decide::one))
        .route("/review/assets/{sha256}/media", get(media::whole))
        .route("/review/assets/{sha256}/poster", get(media::poster))
        .route("/review/assets/{sha256}/faces/{window}/{face}", get(media::face))
        .route("/review/assets/{sha256}/faces/{window}/{face}/map", get(media::heat_map))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(from_fn(guard::guard))
        .layer(TraceLayer::new_for_http())
        .with_state(Arc::new(pages))
}

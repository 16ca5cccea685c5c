//! The protocol over HTTP.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use veritag::open_inference::{HEADER_LENGTH, InferRequest, Malformed, Told};

use super::{App, Fault};

type Shared = State<Arc<App>>;

pub fn router(app: &Arc<App>) -> Router {
    // A pixel takes up to five bytes in JSON, with its comma and a space.
    let limit = DefaultBodyLimit::max(app.max_bytes() * 5 + (64 << 10));
    let model = Router::new()
        .route("/", get(model))
        .route("/ready", get(model_ready))
        .route("/infer", post(infer).layer(limit));
    Router::new()
        .route("/v2", get(async || Json(App::server())))
        .route("/v2/health/live", get(async || StatusCode::OK))
        .route("/v2/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .nest("/v2/models/{name}", model.clone())
        .nest("/v2/models/{name}/versions/{version}", model)
        .fallback(async || Fault::NoModel("no such address".into()))
        .with_state(app.clone())
}

async fn ready(State(app): Shared) -> StatusCode {
    if app.ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn metrics(State(app): Shared) -> String {
    app.metrics.run_upkeep();
    app.metrics.render()
}

/// Name, and version if the path has one.
type Names = Path<Vec<(String, String)>>;

fn named(names: &[(String, String)]) -> (&str, &str) {
    let of = |key: &str| names.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value.as_str());
    (of("name"), of("version"))
}

async fn model(State(app): Shared, Path(names): Names) -> Result<Response, Fault> {
    let (name, version) = named(&names);
    Ok(Json(app.model(name, version)?).into_response())
}

async fn model_ready(State(app): Shared, Path(names): Names) -> Result<StatusCode, Fault> {
    let (name, version) = named(&names);
    app.model(name, version)?;
    Ok(ready(State(app)).await)
}

async fn infer(
    State(app): Shared,
    Path(names): Names,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Response> {
    let fail = |fault: Fault| fault.into_response();
    let (name, version) = named(&names);
    app.model(name, version).map_err(fail)?;
    let body = body.map_err(|rejection| error(rejection.status(), &rejection.body_text()))?;
    let length = headers.get(HEADER_LENGTH).map(|value| value.to_str().ok().and_then(|text| text.parse().ok()));
    let request = match length {
        Some(None) => Err(Malformed(format!("{HEADER_LENGTH} is no number"))),
        length => InferRequest::decode(length.flatten(), &body),
    };
    let request = request.map_err(|why| fail(Fault::Bad(why.to_string())))?;
    let asked = InferRequest { outputs: request.outputs.clone(), binary: request.binary, ..InferRequest::default() };
    let response = app.infer(request).await.map_err(fail)?;
    let body = response.encode(|name| asked.wants(name) == Some(true));
    Ok(match body.header_length {
        Some(length) => {
            let headers =
                [(CONTENT_TYPE.as_str(), "application/octet-stream".to_owned()), (HEADER_LENGTH, length.to_string())];
            (headers, body.bytes).into_response()
        }
        None => ([(CONTENT_TYPE, "application/json")], body.bytes).into_response(),
    })
}

fn error(status: StatusCode, why: &str) -> Response {
    (status, Json(Told { error: why.to_owned() })).into_response()
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::NoModel(why) => error(StatusCode::NOT_FOUND, &why),
            Self::Bad(why) => error(StatusCode::BAD_REQUEST, &why),
            Self::Busy(why) => error(StatusCode::SERVICE_UNAVAILABLE, why),
            Self::Failed(why) => error(StatusCode::INTERNAL_SERVER_ERROR, &why),
        }
    }
}

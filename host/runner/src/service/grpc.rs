//! The protocol over gRPC: each method is a path, as any other of HTTP/2.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::post;
use prost::Message;
use tonic::server::Grpc;
use tonic::{Response, Status};
use tonic_prost::ProstCodec;
use tower::service_fn;
use veritag::open_inference::grpc::{
    MODEL_INFER, MODEL_METADATA, MODEL_READY, ModelInferRequest, ModelInferResponse, ModelMetadataResponse,
    ModelRequest, Nothing, SERVER_LIVE, SERVER_METADATA, SERVER_READY, ServerMetadataResponse, Yes,
};

use super::{App, Fault};

pub fn router(app: &Arc<App>) -> Router {
    let [ready, model_ready, metadata, infer] = [(); 4].map(|()| app.clone());
    // The header, and names.
    let limit = app.max_bytes() + (64 << 10);
    Router::new()
        .route(SERVER_LIVE, method(limit, async |_: Nothing| Ok(Yes { yes: true })))
        .route(SERVER_READY, method(limit, move |_: Nothing| answer(Ok(Yes { yes: ready.ready() }))))
        .route(SERVER_METADATA, method(limit, async |_: Nothing| Ok(ServerMetadataResponse::from(App::server()))))
        .route(MODEL_READY, method(limit, move |asked: ModelRequest| answer(is_ready(&model_ready, &asked))))
        .route(MODEL_METADATA, method(limit, move |asked: ModelRequest| answer(about(&metadata, &asked))))
        .route(MODEL_INFER, method(limit, move |request| compute(infer.clone(), request)))
}

async fn answer<T>(answer: Result<T, Status>) -> Result<T, Status> {
    answer
}

fn is_ready(app: &App, asked: &ModelRequest) -> Result<Yes, Status> {
    Ok(Yes { yes: app.model(&asked.name, &asked.version).is_ok() && app.ready() })
}

fn about(app: &App, asked: &ModelRequest) -> Result<ModelMetadataResponse, Status> {
    Ok(app.model(&asked.name, &asked.version)?.clone().into())
}

async fn compute(app: Arc<App>, request: ModelInferRequest) -> Result<ModelInferResponse, Status> {
    app.model(&request.model_name, &request.model_version)?;
    let request = request.read().map_err(|why| Status::invalid_argument(why.to_string()))?;
    Ok(ModelInferResponse::new(app.infer(request).await?))
}

/// A method of one message in and one out.
fn method<I, O, F>(limit: usize, call: impl Fn(I) -> F + Clone + Send + Sync + 'static) -> axum::routing::MethodRouter
where
    I: Message + Default + 'static,
    O: Message + Default + 'static,
    F: Future<Output = Result<O, Status>> + Send + 'static,
{
    post(async move |request: Request| {
        let mut grpc = Grpc::new(ProstCodec::<O, I>::default()).max_decoding_message_size(limit);
        let service = service_fn(move |request: tonic::Request<I>| {
            let called = call(request.into_inner());
            async move { called.await.map(Response::new) }
        });
        Ok::<_, Infallible>(grpc.unary(service, request).await).into_response()
    })
}

impl From<Fault> for Status {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoModel(why) => Self::not_found(why),
            Fault::Bad(why) => Self::invalid_argument(why),
            Fault::Busy(why) => Self::unavailable(why),
            Fault::Failed(why) => Self::internal(why),
        }
    }
}

//! Refusals that reach the client: a connection closed in the middle of a request is reset, and takes the answer with it
//! (RFC 9112, 9.6).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream::{Stream, poll_fn};
use http::header::EXPECT;
use tokio::time::timeout;

/// What is left of a refused request is read up to here, and no longer than this.
const MAX_BYTES: usize = 64 << 20;
const TIMEOUT: Duration = Duration::from_secs(2);

type Shared = Arc<Mutex<BodyDataStream>>;

/// Reads what is left of a refused request, within reason, before it is answered.
pub async fn drain(request: Request, next: Next) -> Response {
    // A client that waits to be asked for the body need not send it.
    let waits = request.headers().contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body.into_data_stream()));
    let response = next.run(Request::from_parts(parts, Body::from_stream(stream(body.clone())))).await;
    if !waits && (response.status().is_client_error() || response.status().is_server_error()) {
        let _ = timeout(TIMEOUT, read_rest(body)).await;
    }
    response
}

fn stream(body: Shared) -> impl Stream<Item = Result<bytes::Bytes, axum::Error>> + Send {
    poll_fn(move |context| body.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).poll_next_unpin(context))
}

async fn read_rest(body: Shared) {
    let (mut rest, mut read) = (stream(body), 0);
    while let Some(Ok(piece)) = rest.next().await {
        read += piece.len();
        if read > MAX_BYTES {
            break;
        }
    }
}

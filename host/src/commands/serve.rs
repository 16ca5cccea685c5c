//! `veritag serve`.

use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tracing::info;

use super::service::{self, Service};
use crate::cli::{Serve, Setup};
use crate::error::Error;
use crate::http::{App, router};
use crate::people::People;
use crate::review::{self, Pages};

/// How long requests that are being answered may take once the workers have ended.
const GRACE: Duration = Duration::from_secs(2);
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// # Errors
/// What kept the service from starting, or from going on.
pub fn run(setup: &Setup, options: &Serve) -> Result<ExitCode, Error> {
    let mut config = service::configured(&options.service)?;
    config.service.listen = options.listen.unwrap_or(config.service.listen);
    service::start_logs();
    service::run(async {
        let metrics = PrometheusBuilder::new().install_recorder().map_err(|_| Error::Bug)?;
        tokio::spawn(keep_small(metrics.clone()));
        let service = Service::new(setup, config).await?;
        let config = &service.config.service;
        let people = Arc::new(People::new(&service.config)?);
        let pages = Pages::new(service.assessor(), people.clone(), &service.config)?;
        let app = App {
            ingest: service.ingest.clone(),
            people,
            model: service.model(),
            sources: App::sources(&service.config)?,
            metrics,
            spool: service.spool(),
            max_bytes: config.max_bytes,
            max_message_bytes: config.max_message_bytes,
        };
        let routes = router(app).merge(review::router(pages)).into_make_service_with_connect_info::<SocketAddr>();
        service.ingest.records.list_all().await?;
        let listener = listen(config.listen).await?;
        let serving = axum::serve(listener, routes).with_graceful_shutdown(service.stopping());
        let (working, serving) = (service.work(), serving.into_future());
        let serving = async { serving.await.map_err(|error| unusable(config.listen, &error)) };
        together(working, serving, || service.stop()).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Until both have ended, whichever ends first, and why it did.
async fn together(
    working: impl Future<Output = ()>,
    serving: impl Future<Output = Result<(), Error>>,
    stop: impl FnOnce(),
) -> Result<(), Error> {
    let (mut working, mut serving) = (pin!(working), pin!(serving));
    tokio::select! {
        served = &mut serving => {
            stop();
            working.await;
            served
        }
        // A client may wait for what will never come.
        () = &mut working => timeout(GRACE, serving).await.unwrap_or(Ok(())),
    }
}

/// Without upkeep, figures that nobody reads would grow without end.
async fn keep_small(metrics: PrometheusHandle) {
    loop {
        sleep(METRICS_UPKEEP).await;
        metrics.run_upkeep();
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let listener = TcpListener::bind(address).await.map_err(|error| unusable(address, &error))?;
    let address = listener.local_addr().map_err(|error| unusable(address, &error))?;
    info!(%address, "listening");
    service::announce(&format!("listening on http://{address}"));
    Ok(listener)
}

fn unusable(address: SocketAddr, error: &std::io::Error) -> Error {
    Error::Listen { address, why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn an_error_of_the_server_stops_the_workers_and_is_reported() {
        let stop = Notify::new();
        let broken = std::future::ready(Err(Error::Bug));
        let ended = together(stop.notified(), broken, || stop.notify_one()).await;
        assert_eq!(ended.unwrap_err().code(), "internal-bug");
    }
}

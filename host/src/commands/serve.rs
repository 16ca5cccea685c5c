//! `veritag serve`.

use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tracing::info;

use super::service::{self, Service};
use crate::cli::{Serve, Setup};
use crate::error::Error;
use crate::http::{App, router};

/// How long answers that are under way may take once the workers have ended.
const GRACE: Duration = Duration::from_secs(2);
const UPKEEP: Duration = Duration::from_secs(5);

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
        let app = App {
            intake: service.intake.clone(),
            sources: App::sources(&service.config)?,
            metrics,
            spool: service.spool(),
            most_bytes: config.most_bytes,
            most_message_bytes: config.most_message_bytes,
        };
        let listener = listen(config.listen).await?;
        let answering = axum::serve(listener, router(app)).with_graceful_shutdown(service.stopping());
        let (mut working, answering) = (pin!(service.work()), answering.into_future());
        let mut answering = pin!(async { answering.await.map_err(|error| unusable(config.listen, &error)) });
        tokio::select! {
            answered = &mut answering => {
                service.stop();
                answered.and(working.await)
            }
            // There may be somebody who waits for what comes no more.
            worked = &mut working => worked.and(timeout(GRACE, answering).await.unwrap_or(Ok(()))),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Figures that nobody asks for would grow without end.
async fn keep_small(metrics: PrometheusHandle) {
    loop {
        sleep(UPKEEP).await;
        metrics.run_upkeep();
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let listener = TcpListener::bind(address).await.map_err(|error| unusable(address, &error))?;
    let address = listener.local_addr().map_err(|error| unusable(address, &error))?;
    info!(%address, "listening");
    println!("veritag: listening on http://{address}");
    Ok(listener)
}

fn unusable(address: SocketAddr, error: &std::io::Error) -> Error {
    Error::Listen { address, why: error.to_string() }
}

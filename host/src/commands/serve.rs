//! `veritag serve`.

use std::net::SocketAddr;
use std::process::ExitCode;

use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tracing::info;

use super::service::{self, Service};
use crate::cli::{Serve, Setup};
use crate::config::{self, Config, ConfigError};
use crate::error::Error;
use crate::http::{App, router};

/// # Errors
/// What kept the service from starting, or from going on.
pub fn run(setup: &Setup, options: &Serve) -> Result<ExitCode, Error> {
    let config = configured(options)?;
    service::start_logs();
    service::run(async {
        let metrics = PrometheusBuilder::new().install_recorder().map_err(|_| Error::Bug)?;
        let service = Service::new(setup, config).await?;
        let config = &service.config.service;
        let app = App {
            intake: service.intake.clone(),
            sources: App::sources(&service.config)?,
            metrics,
            uploads: service.uploads(),
            most_bytes: config.most_bytes,
            most_message_bytes: config.most_message_bytes,
        };
        let listener = listen(config.listen).await?;
        let answering = axum::serve(listener, router(app)).with_graceful_shutdown(service.stopping());
        let (worked, answered) = tokio::join!(service.work(), answering.into_future());
        answered.map_err(|error| Error::Listen { address: config.listen, why: error.to_string() })?;
        worked
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The file, the environment, then flags.
///
/// # Errors
/// [`ConfigError`].
fn configured(options: &Serve) -> Result<Config, ConfigError> {
    let mut config = config::load(options.config.as_deref(), std::env::vars())?;
    config.service.listen = options.listen.unwrap_or(config.service.listen);
    config.service.database = options.database.clone().unwrap_or(config.service.database);
    Ok(config)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let unusable = |error: std::io::Error| Error::Listen { address, why: error.to_string() };
    let listener = TcpListener::bind(address).await.map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    info!(%address, "listening");
    println!("veritag: listening on http://{address}");
    Ok(listener)
}

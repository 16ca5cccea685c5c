//! What the program does.

use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::serve::ListenerExt;
use clap::ValueEnum;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout};
use veritag::cli::Setup;
use veritag::commands::NOT_STARTED;
use veritag::model::Bundle;
use veritag::sandbox::PluginManifest;

use crate::batch::Queue;
use crate::cli::{Cli, Command, Export, Provider, Serve};
use crate::engine::{Engines, OnnxRuntime, name_of};
use crate::error::Error;
use crate::export;
use crate::service::App;

const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Runs the command and prints what went wrong, if nothing could be started.
pub fn run(cli: &Cli) -> ExitCode {
    let outcome = bundle(&cli.setup).and_then(|bundle| match &cli.command {
        None => serve(&bundle, &cli.serve),
        Some(Command::Doctor(options)) => doctor(&bundle, options),
        Some(Command::Export(Export::Triton(options))) => export::triton(&bundle, options),
    });
    outcome.map(|()| ExitCode::SUCCESS).unwrap_or_else(|error| {
        eprintln!("veritag-runner: {}: {error}", error.code());
        ExitCode::from(NOT_STARTED)
    })
}

fn bundle(setup: &Setup) -> Result<Bundle, Error> {
    let manifest = PluginManifest::find(setup.manifest.as_deref()).map_err(veritag::error::Error::from)?;
    Ok(manifest.library().read(setup.model.as_deref())?)
}

fn serve(bundle: &Bundle, options: &Serve) -> Result<(), Error> {
    let mut engines = Engines::start(bundle, options)?;
    let width = engines.try_out(bundle, options.provider)?;
    let metrics = PrometheusBuilder::new().install_recorder().expect("it is the first");
    let (max_batch, delay) = (options.max_batch.get().into(), Duration::from_micros(options.max_delay.into()));
    let queue = Queue::new(engines.copies, options.max_queue.get().into(), max_batch, delay);
    let app = Arc::new(App::new(bundle, options, &engines.name, width, queue, metrics.clone()));
    let about = format!("{} {} on {}, {}", bundle.id.name, bundle.id.version, name_of(options.provider), engines.name);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("threads").block_on(listen(app, options, &about, metrics))
}

/// Answers until the process is asked to stop, and then what is being computed.
async fn listen(app: Arc<App>, options: &Serve, about: &str, metrics: PrometheusHandle) -> Result<(), Error> {
    let unusable = |error: std::io::Error| Error::Listen { address: options.listen, why: error.to_string() };
    let listener = TcpListener::bind(options.listen).await.map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    println!(
        "veritag-runner: {about}: listening on http://{address}/v2/models/{}",
        about.split(' ').next().unwrap_or_default()
    );
    // Small frames of HTTP/2 would wait for the answer to the one before.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(keep_small(metrics));
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let router = app.router();
    tokio::spawn(async move {
        asked_to_stop().await;
        app.drain();
        stop.send_replace(true);
    });
    let mut waits = stopped.clone();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        let _ = waits.wait_for(|stop| *stop).await;
    });
    let mut serving = pin!(serving.into_future());
    tokio::select! {
        served = &mut serving => served.map_err(unusable),
        _ = stopped.wait_for(|stop| *stop) => {
            timeout(Duration::from_secs(options.drain.into()), serving).await.unwrap_or(Ok(())).map_err(unusable)
        }
    }
}

/// Without upkeep, figures that nobody reads would grow without end.
async fn keep_small(metrics: PrometheusHandle) {
    loop {
        sleep(METRICS_UPKEEP).await;
        metrics.run_upkeep();
    }
}

async fn asked_to_stop() {
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be listened for");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Each provider, ok or what is in its way; one is enough.
fn doctor(bundle: &Bundle, options: &Serve) -> Result<(), Error> {
    let runtime = OnnxRuntime::open(&options.libraries);
    let mut found = Vec::new();
    for &provider in Provider::value_variants() {
        let name = name_of(provider);
        let tried = try_out(&runtime, bundle, &Serve { provider, ..options.clone() });
        match &tried {
            Ok(told) => println!("ok     {name:<9} {told}"),
            Err(why) => println!("to do  {name:<9} {why}"),
        }
        found.extend(tried.ok());
    }
    if found.is_empty() { Err(runtime.err().expect("tract needs nothing")) } else { Ok(()) }
}

fn try_out(runtime: &Result<OnnxRuntime, Error>, bundle: &Bundle, options: &Serve) -> Result<String, String> {
    let begun = Instant::now();
    let told = |error: &Error| format!("{}: {error}", error.code());
    let runtime = match runtime {
        _ if options.provider == Provider::Tract => None,
        Ok(runtime) => Some(runtime),
        Err(error) => return Err(told(error)),
    };
    let mut engines = Engines::on(runtime, bundle, options).map_err(|error| told(&error))?;
    engines.try_out(bundle, options.provider).map_err(|error| told(&error))?;
    let seconds = begun.elapsed().as_secs_f32();
    Ok(format!("{}: {} loaded, and a crop computed, in {seconds:.1} s", engines.name, bundle.id.name))
}

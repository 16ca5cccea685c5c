//! Putting the parts together: manifest, model, sandbox, ffmpeg.

use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::thread::available_parallelism;
use std::time::Duration;

use veritag_abi::Describe;

use crate::assessment::Program;
use crate::cli::Setup;
use crate::config;
use crate::credentials::Reader;
use crate::error::Error;
use crate::inference::{Inference, Offload};
use crate::media::Limits;
use crate::model::{Bundle, ModelError};
use crate::sandbox::{PluginManifest, Pool, engine::Cache};
use crate::scan::{Scanner, parallel::STACK};
use crate::tools::Tools;

pub fn workers(setup: &Setup) -> usize {
    setup.workers.map_or_else(|| available_parallelism().map_or(1, NonZero::get), usize::from)
}

/// Gives the process its threads, unless it has them already.
pub fn start_threads(workers: usize) {
    let _ = rayon::ThreadPoolBuilder::new().num_threads(workers + 1).stack_size(STACK).build_global();
}

pub fn tools(setup: &Setup) -> Result<Tools, Error> {
    Ok(Tools::find(setup.ffmpeg.clone(), setup.ffprobe.clone())?)
}

pub fn pool(setup: &Setup, manifest: PluginManifest, bundle: Bundle) -> Result<Pool, Error> {
    Ok(Pool::new(manifest, bundle, Cache::of_user(), workers(setup))?)
}

/// A scanner with a model that may tag, of which so many `instances` are started at once.
///
/// # Errors
/// Those of [`open`], and a model that is untrained.
pub fn scanner(
    setup: &Setup,
    runner: &config::Runner,
    instances: usize,
    windows: usize,
    timeout: Duration,
) -> Result<Scanner, Error> {
    open(setup, runner, instances, windows, timeout, |bundle| bundle.require_trained().map(|()| bundle))
}

/// A scanner with any model, once `fit` has seen to it.
///
/// # Errors
/// Whatever part is missing or refuses to work; the plugin is started, at least once, to find out.
pub fn open(
    setup: &Setup,
    runner: &config::Runner,
    instances: usize,
    windows: usize,
    timeout: Duration,
    fit: impl FnOnce(Bundle) -> Result<Bundle, ModelError> + Send,
) -> Result<Scanner, Error> {
    let (tools, plugin) = rayon::join(|| tools(setup), || plugin(setup, instances, fit));
    let (tools, (pool, about, credentials)) = (tools?, plugin?);
    let plugin = Program { name: about.name, version: about.version, sha256: pool.module_sha256().to_owned() };
    let pool = Arc::new(pool);
    let inference: Arc<dyn Inference> = match setup.runner.as_ref().or(runner.url.as_ref()) {
        Some(url) => Arc::new(Offload::open(runner, url, pool.clone())?),
        None => pool.clone(),
    };
    Ok(Scanner {
        tools,
        limits: Limits::default(),
        inference,
        pool,
        credentials,
        plugin,
        frame: about.frame,
        windows,
        timeout,
        thumbnails: false,
        large: Mutex::default(),
    })
}

/// The pool with its first instances started, what the plugin says of itself, and the reader of credentials beside it.
fn plugin(
    setup: &Setup,
    instances: usize,
    fit: impl FnOnce(Bundle) -> Result<Bundle, ModelError>,
) -> Result<(Pool, Describe, Option<Reader>), Error> {
    let manifest = PluginManifest::find(setup.manifest.as_deref())?;
    let credentials = Reader::beside(&manifest.path, Cache::of_user())?;
    let bundle = fit(manifest.library().read(setup.model.as_deref())?)?;
    let pool = pool(setup, manifest, bundle)?;
    let about = pool.warm(instances)?;
    Ok((pool, about, credentials))
}

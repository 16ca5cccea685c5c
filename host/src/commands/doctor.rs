//! `veritag doctor`: each part, ok or what to do.

use std::process::ExitCode;
use std::time::Instant;

use super::{NOT_STARTED, start};
use crate::assessment::provenance;
use crate::cli::Setup;
use crate::credentials::Reader;
use crate::error::Error;
use crate::sandbox::engine::Cache;
use crate::sandbox::{PluginManifest, Pool};

pub fn run(setup: &Setup) -> ExitCode {
    let parts =
        [ffmpeg(setup), manifest(setup), plugin(setup), bundle(setup), credentials(setup), cache(), machine(setup)];
    let names = ["ffmpeg", "manifest", "plugin", "model", "credentials", "cache", "machine"];
    for (part, found) in names.iter().zip(&parts) {
        match found {
            Ok(told) => println!("ok     {part:<11} {told}"),
            Err(error) => println!("to do  {part:<11} {}: {error}", error.code()),
        }
    }
    if parts.iter().all(Result::is_ok) { ExitCode::SUCCESS } else { ExitCode::from(NOT_STARTED) }
}

fn ffmpeg(setup: &Setup) -> Result<String, Error> {
    let tools = start::tools(setup)?;
    Ok(format!("{} at {}, ffprobe at {}", tools.version, tools.ffmpeg.display(), tools.ffprobe.display()))
}

fn found(setup: &Setup) -> Result<PluginManifest, Error> {
    Ok(PluginManifest::find(setup.manifest.as_deref())?)
}

fn manifest(setup: &Setup) -> Result<String, Error> {
    let found = found(setup)?;
    let memory = u64::from(found.manifest.memory.max_pages.unwrap_or_default()) / 16;
    let timeout = found.manifest.timeout_ms.unwrap_or_default();
    Ok(format!("{}: at most {memory} MiB and {timeout} ms a call, no network, no files", found.path.display()))
}

fn plugin(setup: &Setup) -> Result<String, Error> {
    let (module, sha256) = found(setup)?.module()?;
    Ok(format!("{:.1} MB, sha256 {}", module.len() as f64 / 1e6, &sha256[..12]))
}

/// Loads the model, which runs its self-test, in two workers: the second tells what each costs.
fn bundle(setup: &Setup) -> Result<String, Error> {
    let manifest = found(setup)?;
    let bundle = manifest.library().read(setup.model.as_deref())?;
    bundle.require_trained()?;
    let id = bundle.id.clone();
    let begun = Instant::now();
    let pool = Pool::new(manifest, bundle, Cache::of_user(), 2)?;
    let (ready, memory) = pool.with(|_first| {
        let (ready, before) = (begun.elapsed(), resident());
        pool.with(|_second| Ok((ready, before.zip(resident()))))
    })?;
    let each = match memory {
        Some((before, after)) => format!("{} MiB per worker", after.saturating_sub(before) >> 20),
        None => "memory per worker unknown on this system".into(),
    };
    Ok(format!("{} {}: self-test passed, ready in {:.1} s, {each}", id.name, id.version, ready.as_secs_f32()))
}

/// Scans do without it.
fn credentials(setup: &Setup) -> Result<String, Error> {
    Ok(match Reader::beside(&found(setup)?.path, Cache::of_user())? {
        Some(_) => "Content Credentials are read, in a sandbox of their own".into(),
        None => provenance::sentence(None),
    })
}

fn cache() -> Result<String, Error> {
    Ok(match Cache::of_user().directory() {
        Some(directory) => format!("compiled modules are kept in {}", directory.display()),
        None => {
            "none: every start compiles the plugin anew; set VERITAG_CACHE to a directory that can be written to".into()
        }
    })
}

fn machine(setup: &Setup) -> Result<String, Error> {
    let memory =
        status("MemAvailable:", "/proc/meminfo").map_or("unknown".into(), |bytes| format!("{} MiB", bytes >> 20));
    Ok(format!("{} workers, {memory} of memory available", start::workers(setup)))
}

/// Resident memory of this process, in bytes, where the system tells.
fn resident() -> Option<u64> {
    status("VmRSS:", "/proc/self/status")
}

fn status(key: &str, file: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib << 10)
}

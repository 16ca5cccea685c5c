//! A directory and everything below it: a file is reported when it has stopped growing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use notify::{Config, Event, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tracing::warn;

use crate::files::{media, version};

const LOOK_AGAIN: Duration = Duration::from_millis(250);
const POLL: Duration = Duration::from_secs(5);

/// A file that has stopped growing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub path: PathBuf,
    /// Its size and time of change.
    pub version: String,
}

/// Reports what is in `root`, then whatever comes or changes, each once it has stayed the same for `settle`. With
/// `poll` the directory is read every few seconds, for file systems that do not say what changes.
///
/// # Errors
/// Why the directory cannot be watched.
pub fn watch(root: &Path, settle: Duration, poll: bool) -> Result<mpsc::Receiver<Settled>, String> {
    let (changed, changes) = channel();
    let whole = root.to_owned();
    let report = move |event: notify::Result<Event>| match event {
        // Something was missed: everything is read again.
        Ok(event) if event.need_rescan() => drop(changed.send(whole.clone())),
        // To be read changes nothing, and we read.
        Ok(event) if event.kind.is_access() => {}
        Ok(event) => event.paths.into_iter().for_each(|path| drop(changed.send(path))),
        Err(error) => warn!(why = explain(error), "not everything is watched"),
    };
    let mut watcher: Box<dyn Watcher + Send> = match poll {
        true => Box::new(PollWatcher::new(report, Config::default().with_poll_interval(POLL)).map_err(explain)?),
        false => Box::new(RecommendedWatcher::new(report, Config::default()).map_err(explain)?),
    };
    watcher.watch(root, RecursiveMode::Recursive).map_err(explain)?;
    let (settled, files) = mpsc::channel(1);
    let root = root.to_owned();
    std::thread::spawn(move || {
        let _watcher = watcher;
        settle_each(&root, &changes, settle, &settled);
    });
    Ok(files)
}

fn explain(error: notify::Error) -> String {
    match error.kind {
        notify::ErrorKind::MaxFilesWatch => "the system allows no more watches: raise fs.inotify.max_user_watches, or \
                                             watch with --poll"
            .into(),
        _ => error.to_string(),
    }
}

/// Until nobody listens.
fn settle_each(root: &Path, changes: &Receiver<PathBuf>, settle: Duration, settled: &mpsc::Sender<Settled>) {
    let mut growing = HashMap::new();
    media(root).into_iter().for_each(|path| notice(&mut growing, path));
    loop {
        let first = match changes.recv_timeout(LOOK_AGAIN) {
            Err(RecvTimeoutError::Disconnected) => return,
            first => first.ok(),
        };
        for path in first.into_iter().chain(changes.try_iter()).filter(|path| !hidden(root, path)) {
            media(&path).into_iter().for_each(|path| notice(&mut growing, path));
        }
        for path in done(&mut growing, settle) {
            let Some(version) = version(&path) else { continue };
            if settled.blocking_send(Settled { path, version }).is_err() {
                return;
            }
        }
    }
}

/// What is remembered of a file: how it was, and since when.
type Growing = HashMap<PathBuf, (Option<String>, Instant)>;

fn notice(growing: &mut Growing, path: PathBuf) {
    growing.entry(path.clone()).or_insert_with(|| (version(&path), Instant::now()));
}

/// Takes out the files that have been the same for `settle`, and those that are gone.
fn done(growing: &mut Growing, settle: Duration) -> Vec<PathBuf> {
    let mut done = Vec::new();
    growing.retain(|path, (before, since)| {
        let now = version(path);
        if now != *before {
            (*before, *since) = (now, Instant::now());
        }
        let same = since.elapsed() >= settle;
        if same && before.is_some() {
            done.push(path.clone());
        }
        !same
    });
    done.sort();
    done
}

/// Whether a directory between `root` and `path` is hidden.
fn hidden(root: &Path, path: &Path) -> bool {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."))
}

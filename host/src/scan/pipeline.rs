//! One asset on its way: probe → limits → sample → decode → prepare → infer → decide → assessment.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use veritag_abi::{Analysis, FrameBatch, FrameSpec, Observation, TensorBatch};

use super::thumbnail::{Thumbnail, thumbnails};
use crate::assessment::{Assessment, Asset, MediaFacts, Program, Runner, SCHEMA, wording};
use crate::credentials::Reader;
use crate::error::Error;
use crate::files::sha256_of;
use crate::inference::{Inference, Inferred, join};
use crate::media::error::MediaError;
use crate::media::{Kind, Limits, Probe, Span, sample, source, tracks, window};
use crate::sandbox::{Instance, PluginError, Pool};
use crate::tools::Tools;

/// Pixels of a still from which on only one is held at a time: it takes up to nine bytes a pixel, and what ffmpeg needs.
const LARGE: u64 = 24_000_000;

/// Everything that a scan needs, shared by all of its threads.
pub struct Scanner {
    pub tools: Tools,
    pub limits: Limits,
    /// Finds faces, and decides.
    pub pool: Arc<Pool>,
    pub inference: Arc<dyn Inference>,
    /// Reads Content Credentials, where its module is installed.
    pub credentials: Option<Reader>,
    pub plugin: Program,
    pub frame: FrameSpec,
    /// Most windows of a video.
    pub windows: usize,
    /// Wall-clock bound on each run of ffmpeg.
    pub timeout: Duration,
    /// Whether pictures of the faces are wanted.
    pub thumbnails: bool,
    /// Held while a large still is looked at.
    pub large: Mutex<()>,
}

/// An assessment with the pictures that it is about.
pub struct Scanned {
    pub assessment: Assessment,
    /// What kept the asset from being looked at.
    pub error: Option<Error>,
    /// Its faces, as far as they can be shown, if they are wanted.
    pub thumbnails: Vec<Thumbnail>,
}

struct Looked {
    inferred: Inferred,
    thumbnails: Vec<Thumbnail>,
}

/// A track, and what is made of it.
struct Judged {
    probe: Probe,
    analysis: Analysis,
    runners: Vec<Runner>,
    thumbnails: Vec<Thumbnail>,
}

impl Scanner {
    /// Assesses the asset at `path`. It cannot fail: what goes wrong is in the assessment.
    pub fn scan(&self, path: &Path) -> Scanned {
        let begun = Instant::now();
        let mut assessment = self.blank(path);
        let outcome = catch_unwind(AssertUnwindSafe(|| self.assess(path, &mut assessment))).unwrap_or(Err(Error::Bug));
        let (thumbnails, error) = match outcome {
            Ok(thumbnails) => (thumbnails, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        if let Some(error) = &error {
            assessment.fail(error.reason(), error.code(), error.to_string());
        }
        assessment.elapsed_ms = begun.elapsed().as_millis() as u64;
        assessment.text = wording::sentence(&assessment);
        Scanned { assessment, error, thumbnails }
    }

    fn blank(&self, path: &Path) -> Assessment {
        Assessment {
            schema: SCHEMA.into(),
            asset: Asset { path: path.to_string_lossy().into_owned(), ..Asset::default() },
            model: Some(self.pool.bundle().id.clone()),
            blind_to: self.pool.bundle().spec.model.blind_to.clone(),
            plugin: Some(self.plugin.clone()),
            runner: Runner::sandbox().name,
            decoder: format!("ffmpeg {}", self.tools.version),
            veritag: env!("CARGO_PKG_VERSION").into(),
            assessed_at: jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string(),
            ..Assessment::default()
        }
    }

    fn assess(&self, path: &Path, assessment: &mut Assessment) -> Result<Vec<Thumbnail>, Error> {
        let asset = &mut assessment.asset;
        let (sha256, bytes) = hash(path, &self.limits)?;
        (asset.sha256, asset.bytes) = (Some(sha256), Some(bytes));
        assessment.credentials = self.credentials.as_ref().map(|reader| reader.read(path));
        let tracks = tracks(&self.tools, &self.limits, path, Instant::now() + self.timeout)?;
        asset.media = tracks.first().map(facts);
        let judged: Vec<_> = tracks.into_iter().map(|track| self.judge(path, track)).collect();
        let Judged { probe, analysis, runners, thumbnails } = worst(judged)?;
        assessment.computed_by(runners);
        assessment.asset.media = Some(facts(&probe));
        assessment.conclude(analysis, probe.duration_us);
        Ok(thumbnails)
    }

    fn judge(&self, path: &Path, mut probe: Probe) -> Result<Judged, Error> {
        let looked = self.each_window(path, &mut probe, |probe, span| self.look(path, probe, span))?;
        self.decide(probe, looked)
    }

    /// The crops of every window that a scan would look at, each with what was seen in it; of several tracks, the first's.
    ///
    /// # Errors
    /// What keeps the asset from being looked at.
    pub fn crops(&self, path: &Path) -> Result<Vec<TensorBatch>, Error> {
        let look = || {
            let mut tracks = tracks(&self.tools, &self.limits, path, Instant::now() + self.timeout)?;
            self.each_window(path, &mut tracks[0], |probe, span| Ok(self.prepare(path, probe, span)?.0))
        };
        catch_unwind(AssertUnwindSafe(look)).unwrap_or(Err(Error::Bug))
    }

    /// Looks at windows over the whole length; where some of that was a lie, over what there is.
    fn each_window<T: Send>(
        &self,
        path: &Path,
        probe: &mut Probe,
        look: impl Fn(&Probe, &Span) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let (mut looked, mut failed) = self.windows(probe, &look)?;
        let unmeasured = probe.kind == Kind::Video && probe.timeline.is_none();
        let deadline = Instant::now() + self.timeout;
        if failed.is_some() && unmeasured && probe.measure(&self.tools, &self.limits, path, deadline)? {
            (looked, failed) = self.windows(probe, &look)?;
        }
        if looked.is_empty() { Err(failed.unwrap_or(Error::Bug)) } else { Ok(looked) }
    }

    /// Looks at windows over the whole length; gives what was seen, and the first error of those that cannot be decoded.
    fn windows<T: Send>(
        &self,
        probe: &Probe,
        look: &(impl Fn(&Probe, &Span) -> Result<T, Error> + Sync),
    ) -> Result<(Vec<T>, Option<Error>), Error> {
        let frames = if probe.kind == Kind::Image { 1 } else { self.frame.window as usize };
        let max_side = self.frame.longest_side(probe.width, probe.height, frames as u32);
        let span = |start_us| Span { start_us, frames: frames as u32, max_side };
        let starts = sample::starts(probe.extent_us(), probe.frame_rate, self.windows, frames);
        let results: Vec<Result<T, Error>> = starts.into_par_iter().map(|start| look(probe, &span(start))).collect();
        let (mut looked, mut failed) = (Vec::new(), None);
        for result in results {
            match result {
                Ok(seen) => looked.push(seen),
                Err(error @ Error::Media(MediaError::Undecodable { .. })) => failed = failed.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        Ok((looked, failed))
    }

    /// Runs one window up to its features.
    fn look(&self, path: &Path, probe: &Probe, span: &Span) -> Result<Looked, Error> {
        let (crops, thumbnails) = self.prepare(path, probe, span)?;
        Ok(Looked { inferred: self.inference.infer(crops)?, thumbnails })
    }

    /// The crops of one window, and pictures of its faces.
    pub(super) fn prepare(
        &self,
        path: &Path,
        probe: &Probe,
        span: &Span,
    ) -> Result<(TensorBatch, Vec<Thumbnail>), Error> {
        let large = span.frames == 1 && u64::from(probe.width) * u64::from(probe.height) >= LARGE;
        let _turn = large.then(|| self.large.lock().unwrap_or_else(PoisonError::into_inner));
        let deadline = Instant::now() + self.timeout;
        let frames = window(&self.tools, &self.limits, path, probe, span, deadline)?;
        let batch = FrameBatch::new(frames.width, frames.height, frames.pts_us, &frames.pixels)
            .map_err(|fault| PluginError::Fault { export: "prepare".into(), fault })?;
        let crops = self.pool.with(|instance| instance.prepare(&batch))?;
        let seen = crops.seen.windows.first().filter(|_| self.thumbnails);
        let thumbnails = seen.map(|seen| thumbnails(&batch.frame(batch.count() / 2), seen));
        Ok((crops, thumbnails.unwrap_or_default()))
    }

    fn decide(&self, probe: Probe, looked: Vec<Looked>) -> Result<Judged, Error> {
        let mut seen = Observation::default();
        let (mut pieces, mut runners, mut shown) = (Vec::new(), Vec::new(), Vec::new());
        for (window, Looked { inferred: Inferred { mut features, by }, thumbnails }) in looked.into_iter().enumerate() {
            if features.rows() > 0 && !runners.contains(&by) {
                runners.push(by);
            }
            seen.append(std::mem::take(&mut features.seen));
            pieces.push(features);
            shown.extend(thumbnails.into_iter().map(|thumbnail| Thumbnail { window, ..thumbnail }));
        }
        let features = join(pieces, seen)?;
        let analysis = self.pool.with(|instance: &mut Instance| instance.decide(&features))?;
        Ok(Judged { probe, analysis, runners, thumbnails: shown })
    }
}

/// The track that looks most like a fake; one that could not be judged only if none could.
fn worst(tracks: Vec<Result<Judged, Error>>) -> Result<Judged, Error> {
    let rank = |judged: &Result<Judged, Error>| match judged {
        Ok(judged) => judged.analysis.score.unwrap_or(-1.0),
        Err(_) => -2.0,
    };
    let worst = tracks.into_iter().reduce(|worst, next| if rank(&next) > rank(&worst) { next } else { worst });
    worst.unwrap_or(Err(Error::Bug))
}

fn hash(path: &Path, limits: &Limits) -> Result<(String, u64), MediaError> {
    let (file, bytes) = source::regular(path)?;
    // An empty file has a hash too; that it is empty is the probe's to say.
    limits.check_bytes(path, bytes.max(1))?;
    sha256_of(file).map_err(|error| source::unreadable(path, error))
}

impl MediaFacts {
    /// Whether this is about the track and the recording of a probe.
    pub fn is_of(&self, probe: &Probe) -> bool {
        self.track.is_none_or(|track| track == probe.stream)
            && self.recording.is_none_or(|recording| recording == probe.recording)
    }
}

fn facts(probe: &Probe) -> MediaFacts {
    MediaFacts {
        kind: if probe.kind == Kind::Image { "image" } else { "video" }.into(),
        format: probe.format.clone(),
        codec: probe.codec.clone().unwrap_or_else(|| "unknown".into()),
        width: probe.width,
        height: probe.height,
        duration_us: probe.duration_us,
        track: (probe.tracks > 1).then_some(probe.stream),
        tracks: (probe.tracks > 1).then_some(probe.tracks),
        recording: (probe.recordings > 1).then_some(probe.recording),
        recordings: (probe.recordings > 1).then_some(probe.recordings),
        pictures: (probe.pictures > 1).then_some(probe.pictures),
    }
}

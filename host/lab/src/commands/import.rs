//! `veritag import`: from a checkpoint to a bundle that is proved to run.

use std::path::Path;
use std::process::ExitCode;

use veritag_abi::bundle::{Bundle as Spec, Channels, Part, SelfTest, TemporalMode};

use crate::cli::Import;
use crate::error::Error;
use crate::import::{Options, Pool, import};
use crate::self_test;
use veritag::cli::Setup;
use veritag::commands::start;
use veritag::files::{FileError, parent, replace, sha256};
use veritag::model::Bundle;
use veritag::model::bundle::MODEL_TOML;
use veritag::sandbox::PluginManifest;

/// Frames of the self-test: enough for a sequence, few enough to load fast.
const FRAMES: u32 = 2;
const TOLERANCE: f32 = 1e-2;

/// # Errors
/// What is wrong with the checkpoint or the options, or what the plugin has against the result.
pub fn run(setup: &Setup, options: &Import) -> Result<ExitCode, Error> {
    let manifest = PluginManifest::find(setup.manifest.as_deref())?;
    let library = manifest.library();
    let name = options.name.clone().unwrap_or_else(|| stem(&options.checkpoint));
    let directory = options.out.clone().unwrap_or_else(|| library.directory.join(&name));
    if directory.join(MODEL_TOML).exists() {
        let why = "a bundle is there already; choose another --name or --out, or remove it".into();
        return Err(FileError::Unwritable { path: directory, why }.into());
    }
    let draft = start_draft(&directory)?;
    let spec = make(setup, &manifest, &library.read(None)?, draft.path(), name, options)?;
    finish(&draft, &directory).map_err(FileError::unwritable(&directory))?;
    let (place, architecture, name) = (directory.display(), &spec.model.architecture, &spec.model.name);
    println!("{place}: {architecture}, self-test recorded; scan with --model {name}");
    Ok(ExitCode::SUCCESS)
}

/// A directory beside the final one, so that nothing half-made is ever found there.
fn start_draft(directory: &Path) -> Result<tempfile::TempDir, Error> {
    let parent = parent(directory);
    let made = std::fs::create_dir_all(parent).and_then(|()| tempfile::tempdir_in(parent));
    made.map_err(|error| FileError::unwritable(parent)(error).into())
}

fn finish(draft: &tempfile::TempDir, directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let mut files = std::fs::read_dir(draft.path())?.flatten();
    files.try_for_each(|file| std::fs::rename(file.path(), directory.join(file.file_name())))
}

fn make(
    setup: &Setup,
    manifest: &PluginManifest,
    known: &Bundle,
    directory: &Path,
    name: String,
    options: &Import,
) -> Result<Spec, Error> {
    let part = copy_faces(known, directory)?;
    let mut spec = import(&options.checkpoint, directory, &settings(name, part, &known.spec, options))?;
    spec.self_test = Some(record(setup, manifest, directory, &spec)?);
    write_spec(directory, &spec)?;
    Ok(spec)
}

fn stem(checkpoint: &Path) -> String {
    checkpoint.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The bundle gets its own copy of the face finder, so that it can be moved anywhere.
fn copy_faces(from: &Bundle, directory: &Path) -> Result<Part, Error> {
    let known = from.spec.parts.iter().find(|part| part.name == "faces").expect("a bundle that was read has faces");
    let (_, bytes) = from.parts().find(|(name, _)| *name == "faces").expect("read with its parts");
    let path = directory.join("faces.onnx");
    std::fs::write(&path, bytes).map_err(FileError::unwritable(&path))?;
    Ok(Part { file: "faces.onnx".into(), sha256: sha256(bytes), ..known.clone() })
}

fn settings(name: String, faces: Part, known: &Spec, given: &Import) -> Options {
    let mut options = Options::new(name, faces);
    options.version.clone_from(&given.bundle_version);
    options.licence.clone_from(&given.licence);
    options.training_data.clone_from(&given.training_data);
    options.trained = !given.untrained;
    options.input.size = given.size;
    options.input.margin = given.margin;
    options.quality = known.quality.clone();
    options.output.labels.clone_from(&given.labels);
    options.output.threshold = given.threshold;
    options.output.band = [given.band[0], *given.band.last().unwrap_or(&given.band[0])];
    options.pool = if given.pool == "mean" { Pool::Mean } else { Pool::Last };
    options.temporal.mode = match given.temporal.as_str() {
        "frame-mean" => TemporalMode::FrameMean,
        "last-frame" => TemporalMode::LastFrame,
        _ => TemporalMode::Sequence,
    };
    if options.temporal.mode != TemporalMode::Sequence {
        options.temporal.min_frames = 1;
    }
    if given.channels == "bgr" {
        options.input.channels = Channels::Bgr;
        options.input.mean.reverse();
        options.input.std.reverse();
    }
    options
}

/// Runs the vector through the sandbox and keeps the answer: from then on every load must give it again.
fn record(setup: &Setup, manifest: &PluginManifest, directory: &Path, spec: &Spec) -> Result<SelfTest, Error> {
    let mut draft = spec.clone();
    draft.temporal.min_frames = 1;
    write_spec(directory, &draft)?;
    let pool = start::pool(setup, manifest.clone(), Bundle::read(directory)?)?;
    let logit = pool.with(|instance| self_test::in_sandbox(instance, &draft, FRAMES))?;
    Ok(SelfTest { frames: FRAMES, logit, tolerance: TOLERANCE })
}

fn write_spec(directory: &Path, spec: &Spec) -> Result<(), Error> {
    let path = directory.join(MODEL_TOML);
    let text = toml::to_string_pretty(spec).expect("a spec is plain data");
    Ok(replace(&path, text.trim_end().as_bytes())?)
}

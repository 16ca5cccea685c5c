//! Importing a PyTorch checkpoint of the ResNeXt + LSTM family into a model bundle.
//!
//! One way through: file → named f32 tensors ([`checkpoint`]) → network ([`resnext`], [`head`]) →
//! ONNX parts ([`features_graph`], [`head_graph`]). Nothing in the checkpoint is ever run.

mod archive;
mod builder;
mod checkpoint;
mod cursor;
mod error;
mod features_graph;
mod globals;
mod head;
mod head_graph;
mod names;
mod options;
mod pickle;
mod resnext;
mod stack;
mod state;
mod tensors;
mod value;

use std::fs;
use std::path::Path;

use veritag::files::sha256;
use veritag_abi::bundle::{Bundle, Part};

pub use error::ImportError;
pub use options::{Options, Pool};

use error::Result;
use head::Head;
use names::Names;
use resnext::Backbone;

/// Reads `checkpoint` (`.pt`, `.pth`, `.bin` of `torch.save`, or `.safetensors`), writes `features.onnx`
/// and `head.onnx` into `out_dir`, and gives what `model.toml` should say, without a self-test.
///
/// # Errors
/// [`ImportError`]; nothing is written unless the checkpoint is sound.
pub fn import(checkpoint: &Path, out_dir: &Path, options: &Options) -> Result<Bundle, ImportError> {
    options.bundle(String::new())?;
    let mut names = Names::find(checkpoint::read(checkpoint)?)?;
    let backbone = Backbone::take(&mut names)?;
    let head = Head::take(&mut names, backbone.features())?;
    names.finish()?;
    check_labels(head.classes, &options.output.labels)?;
    let architecture = format!("{} + LSTM({}) + Linear({})", backbone.describe(), head.hidden, head.classes);
    let mut bundle = options.bundle(architecture)?;
    let features = features_graph::encode(backbone, options.input.size);
    bundle.parts.push(write(out_dir, "features", &features, options)?);
    let head = head_graph::encode(head, options.temporal.mode, options.pool);
    bundle.parts.push(write(out_dir, "head", &head, options)?);
    Ok(bundle)
}

fn check_labels(classes: usize, labels: &[String]) -> Result<()> {
    if classes == labels.len() {
        return Ok(());
    }
    Err(ImportError::Option(format!(
        "labels are {labels:?}, but the network gives {classes} logits; name one label for each"
    )))
}

fn write(dir: &Path, name: &str, bytes: &[u8], options: &Options) -> Result<Part> {
    let file = format!("{name}.onnx");
    let path = dir.join(&file);
    let written = fs::create_dir_all(dir).and_then(|()| fs::write(&path, bytes));
    written.map_err(|source| ImportError::Write { path, source })?;
    let sha256 = sha256(bytes);
    Ok(Part { name: name.to_owned(), file, sha256, licence: options.licence.clone() })
}

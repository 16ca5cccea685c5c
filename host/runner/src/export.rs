//! A bundle as other servers want it.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use veritag::files::FileError;
use veritag::model::Bundle;
use veritag::open_inference::{BUNDLE, CROPS, FEATURES};

use crate::cli::{Provider, Triton};
use crate::engine::{Engines, tract};
use crate::error::Error;
use crate::graph::served;

/// Writes `NAME/config.pbtxt` and `NAME/1/model.onnx`: a model repository of Triton.
///
/// # Errors
/// [`Error`] when the directory is not empty or cannot be written to, or the network cannot be read.
pub fn triton(bundle: &Bundle, options: &Triton) -> Result<(), Error> {
    let onnx = served(bundle)?;
    let width =
        Engines::of(vec![tract::load(&onnx, bundle.spec.input.size)?], "tract").try_out(bundle, Provider::Tract)?;
    let directory = &options.directory;
    if fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::NotEmpty { path: directory.clone() });
    }
    let model = directory.join(&bundle.id.name);
    write(&model.join("config.pbtxt"), config(bundle, options, width).as_bytes())?;
    write(&model.join("1").join("model.onnx"), &onnx)?;
    println!(
        "{}: {} {} for Triton; `veritag scan --runner http://HOST:8000/v2/models/{}`",
        directory.display(),
        bundle.id.name,
        bundle.id.version,
        bundle.id.name
    );
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let parent = path.parent().expect("a file in a directory");
    fs::create_dir_all(parent).map_err(FileError::unwritable(parent))?;
    fs::write(path, bytes).map_err(FileError::unwritable(path))
}

/// The text of `config.pbtxt`.
pub fn config(bundle: &Bundle, options: &Triton, width: usize) -> String {
    let (name, sha256, side) = (&bundle.id.name, &bundle.id.sha256, bundle.spec.input.size);
    let Triton { max_batch, max_delay, instances, .. } = options;
    let kind = if options.cpu { "KIND_CPU" } else { "KIND_GPU" };
    let mut text = format!(
        r#"# {name} {version}, written by veritag {program}. The runner that a Veritag host is pointed at.
name: "{name}"
backend: "onnxruntime"
max_batch_size: {max_batch}
input [ {{ name: "{CROPS}" data_type: TYPE_UINT8 dims: [ 3, {side}, {side} ] }} ]
output [
  {{ name: "{FEATURES}" data_type: TYPE_FP32 dims: [ {width} ] }},
  {{ name: "{BUNDLE}" data_type: TYPE_UINT8 dims: [ 32 ] }}
]
dynamic_batching {{ max_queue_delay_microseconds: {max_delay} }}
instance_group [ {{ kind: {kind} count: {instances} }} ]
parameters {{ key: "bundle_sha256" value: {{ string_value: "{sha256}" }} }}
"#,
        version = bundle.id.version,
        program = env!("CARGO_PKG_VERSION"),
    );
    if options.tensorrt || options.fp16 {
        let precision = if options.fp16 { "FP16" } else { "FP32" };
        text.push_str("optimization { execution_accelerators { gpu_execution_accelerator [ {\n  name: \"tensorrt\"\n");
        for (key, value) in [
            ("precision_mode", precision),
            ("max_workspace_size_bytes", "1073741824"),
            ("trt_engine_cache_enable", "1"),
        ] {
            let _ = writeln!(text, "  parameters {{ key: \"{key}\" value: \"{value}\" }}");
        }
        text.push_str("} ] } }\n");
    }
    text
}

//! ONNX Runtime, whose library is loaded when the program starts.

use std::env;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use ort::environment::Environment;
use ort::ep::{CPU, CUDA, ExecutionProviderDispatch, TensorRT};
use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::{DynValue, PrimitiveTensorElementType, TensorRef};
use veritag::open_inference::{BUNDLE, CROPS, Data, FEATURES, Tensor};

use super::Engine;
use crate::cli::{Libraries, Provider, Serve};
use crate::error::Error;

/// Crops that each thread of a processor computes at a time: of more, less stays in its cache.
const AT_ONCE: usize = 8;
const LIBRARY: &str = "libonnxruntime.so";
const WEBGPU: &str = "libonnxruntime_providers_webgpu.so";
/// Where `make runner` puts them, below the checkout.
const FETCHED: &str = "target/onnxruntime";

pub struct OnnxRuntime {
    environment: Environment,
    webgpu: Option<PathBuf>,
    name: String,
}

impl OnnxRuntime {
    /// # Errors
    /// [`Error`] when there is no library, or it is of no use.
    pub fn open(libraries: &Libraries) -> Result<Self, Error> {
        let path = find(LIBRARY, libraries.onnxruntime.as_deref()).ok_or_else(|| missing(LIBRARY, "onnxruntime"))?;
        let bad = |why: String| Error::BadLibrary { path: path.clone(), why };
        let builder = ort::init_from(&path).map_err(|error| bad(error.to_string()))?;
        let environment = builder.with_telemetry(false).build().map_err(|error| bad(error.to_string()))?;
        environment.set_log_level(LogLevel::Error);
        Ok(Self { environment, webgpu: find(WEBGPU, libraries.webgpu.as_deref()), name: name(&path) })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// A network on the provider that `options` names.
    ///
    /// # Errors
    /// What ONNX Runtime says.
    pub fn load(&self, onnx: &[u8], options: &Serve) -> Result<Box<dyn Engine>, String> {
        let session = self.builder(options).and_then(|mut builder| builder.commit_from_memory(onnx).map_err(told));
        let at_once = match options.provider {
            Provider::Cpu => AT_ONCE * threads(options),
            _ => options.max_batch.get().into(),
        };
        session.map(|session| Box::new(Network { session, at_once }) as Box<dyn Engine>)
    }

    fn builder(&self, options: &Serve) -> Result<SessionBuilder, String> {
        let builder = Session::builder(&self.environment).map_err(told)?;
        let builder = builder.with_optimization_level(GraphOptimizationLevel::All).map_err(|it| it.to_string())?;
        let builder = builder.with_intra_threads(threads(options)).map_err(|it| it.to_string())?;
        // Threads that spin between requests would take the cores from ffmpeg.
        let builder = builder.with_intra_op_spinning(false).map_err(|it| it.to_string())?;
        if options.provider == Provider::Webgpu {
            return self.on_webgpu(builder, options.device);
        }
        let providers = [provider(options).error_on_failure()];
        builder.with_execution_providers(providers).map_err(|it| it.to_string())
    }

    fn on_webgpu(&self, builder: SessionBuilder, nth: u16) -> Result<SessionBuilder, String> {
        let library = self.webgpu.as_ref().ok_or_else(|| missing(WEBGPU, "webgpu").to_string())?;
        self.environment.register_ep_library("webgpu", library).map_err(told)?;
        let ours = |device: &ort::device::Device| device.ep().is_ok_and(|name| name.contains("WebGpu"));
        let device = self.environment.devices().filter(ours).nth(nth.into()).ok_or("it finds no such GPU")?;
        builder.with_devices([device], None).map_err(|it| it.to_string())
    }
}

/// Of each copy of the network.
fn threads(options: &Serve) -> usize {
    let cores = available_parallelism().map_or(1, NonZero::get) / usize::from(options.instances.get());
    options.threads.map_or(cores.max(1), |threads| threads.get().into())
}

fn provider(options: &Serve) -> ExecutionProviderDispatch {
    let device = i32::from(options.device);
    match options.provider {
        Provider::Cuda => CUDA::default().with_device_id(device).build(),
        Provider::Tensorrt => TensorRT::default().with_device_id(device).with_fp16(options.fp16).build(),
        // What a run has used is kept for the next: fresh pages would take as long again as a small network.
        Provider::Cpu | Provider::Webgpu | Provider::Tract => CPU::default().with_arena_allocator(true).build(),
    }
}

struct Network {
    session: Session,
    /// Crops that are computed at a time.
    at_once: usize,
}

impl Engine for Network {
    fn infer(&mut self, crops: &Tensor) -> Result<Vec<Tensor>, String> {
        let Data::Uint8(pixels) = &crops.data else { return Err(format!("crops are {}", crops.data.datatype())) };
        let crop: usize = crops.shape[1..].iter().product();
        let (mut features, mut bundle) = (Rows::default(), Rows::default());
        for some in pixels.chunks(crop * self.at_once) {
            let shape: Vec<usize> = [some.len() / crop].iter().chain(&crops.shape[1..]).copied().collect();
            let input = TensorRef::from_array_view((shape, some)).map_err(told)?;
            let outputs = self.session.run(ort::inputs![CROPS => input]).map_err(told)?;
            features.append(&outputs[FEATURES])?;
            bundle.append(&outputs[BUNDLE])?;
        }
        let tensor = |name, shape, data| Tensor::new(name, shape, data).map_err(|error| error.to_string());
        Ok(vec![
            tensor(FEATURES, features.shape, Data::Fp32(features.values))?,
            tensor(BUNDLE, bundle.shape, Data::Uint8(bundle.values))?,
        ])
    }
}

/// Outputs of several runs, one below the other.
#[derive(Default)]
struct Rows<T> {
    shape: Vec<usize>,
    values: Vec<T>,
}

impl<T: PrimitiveTensorElementType + Clone> Rows<T> {
    fn append(&mut self, output: &DynValue) -> Result<(), String> {
        let (shape, values) = output.try_extract_tensor::<T>().map_err(told)?;
        let mut shape: Vec<usize> = shape.iter().map(|&side| side as usize).collect();
        if let (Some(rows), Some(before)) = (shape.first_mut(), self.shape.first()) {
            *rows += before;
        }
        self.shape = shape;
        self.values.extend_from_slice(values);
        Ok(())
    }
}

fn told(error: ort::Error) -> String {
    error.to_string()
}

/// With its version, as far as the file's name tells it: `libonnxruntime.so.1.32.0`.
fn name(library: &Path) -> String {
    let file = library.canonicalize().unwrap_or_default().to_string_lossy().into_owned();
    file.rsplit_once(".so.").map_or("onnxruntime".into(), |(_, version)| format!("onnxruntime {version}"))
}

fn missing(name: &'static str, option: &'static str) -> Error {
    Error::NoLibrary { name, looked: FETCHED.into(), option }
}

/// The library that is named, else the one beside the executable, else the one that was fetched.
fn find(name: &str, named: Option<&Path>) -> Option<PathBuf> {
    let executable = env::current_exe().ok()?;
    let beside = executable.with_file_name(name);
    let fetched = executable.ancestors().map(|directory| directory.join(FETCHED).join(name));
    named.map(Path::to_owned).or_else(|| std::iter::once(beside).chain(fetched).find(|path| path.is_file()))
}

//! The command line.

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use veritag::cli::Setup;

/// Computes the features of a model for hosts that ask by the Open Inference Protocol, over HTTP and gRPC on one port.
///
/// Exit status: 0 when it was told to stop; 2 for a wrong command line; 3 when nothing could be started.
#[derive(Debug, Parser)]
#[command(name = "veritag-runner", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(flatten)]
    pub setup: Setup,
    #[command(flatten)]
    pub serve: Serve,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say which providers are there, by computing a crop's features on each
    Doctor(Serve),
    /// Write a bundle as another server wants it
    #[command(subcommand)]
    Export(Export),
}

#[derive(Args, Clone, Debug)]
pub struct Serve {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8000", env = "VERITAG_RUNNER_LISTEN", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    #[arg(long, default_value = "cpu", env = "VERITAG_RUNNER_PROVIDER")]
    pub provider: Provider,
    /// Which of several GPUs
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub device: u16,
    /// Compute in 16 bits (tensorrt): faster, and scores differ in the third digit
    #[arg(long)]
    pub fp16: bool,
    /// Copies of the network that compute side by side
    #[arg(long, default_value_t = NonZero::<u16>::MIN, value_name = "N")]
    pub instances: NonZero<u16>,
    /// Threads of each copy [default: the cores, shared out]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZero<u16>>,
    /// Most crops that are computed at a time, and that a request may bring
    #[arg(long, default_value_t = NonZero::new(64).unwrap(), value_name = "N")]
    pub max_batch: NonZero<u16>,
    /// Microseconds that a crop waits for others
    #[arg(long, default_value_t = 1000, value_name = "US")]
    pub max_delay: u32,
    /// Most requests that wait; more are answered 503
    #[arg(long, default_value_t = NonZero::new(256).unwrap(), value_name = "N")]
    pub max_queue: NonZero<u16>,
    /// Seconds that a shutdown waits for what is being computed
    #[arg(long, default_value_t = 30, value_name = "S")]
    pub drain: u16,
    #[command(flatten)]
    pub libraries: Libraries,
}

/// What is loaded when the program starts.
#[derive(Args, Clone, Debug)]
pub struct Libraries {
    /// ONNX Runtime's library [default: libonnxruntime.so beside the executable, then what `make runner` fetched]
    #[arg(long, env = "VERITAG_ONNXRUNTIME", value_name = "FILE")]
    pub onnxruntime: Option<PathBuf>,
    /// Its WebGPU provider [default: libonnxruntime_providers_webgpu.so in the same places]
    #[arg(long, env = "VERITAG_ONNXRUNTIME_WEBGPU", value_name = "FILE")]
    pub webgpu: Option<PathBuf>,
}

/// What computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Provider {
    /// ONNX Runtime on the processor
    Cpu,
    /// ONNX Runtime on NVIDIA's GPUs
    Cuda,
    /// ONNX Runtime with TensorRT, on the same
    Tensorrt,
    /// ONNX Runtime with its WebGPU plugin, on any vendor's GPU
    Webgpu,
    /// tract on the processor: slower, and needs no library
    Tract,
}

#[derive(Debug, Subcommand)]
pub enum Export {
    /// A model repository of NVIDIA's Triton Inference Server
    Triton(Triton),
}

#[derive(Args, Debug)]
pub struct Triton {
    /// Directory to write to, new or empty
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// Most crops that Triton computes at a time
    #[arg(long, default_value_t = NonZero::new(64).unwrap(), value_name = "N")]
    pub max_batch: NonZero<u16>,
    /// Microseconds that a crop waits for others
    #[arg(long, default_value_t = 2000, value_name = "US")]
    pub max_delay: u32,
    /// Copies of the network, on each GPU or on the processor
    #[arg(long, default_value_t = NonZero::<u16>::MIN, value_name = "N")]
    pub instances: NonZero<u16>,
    /// Compute on the processor
    #[arg(long)]
    pub cpu: bool,
    /// Have TensorRT compile it, with its engines kept in 32 bits
    #[arg(long, conflicts_with = "cpu")]
    pub tensorrt: bool,
    /// Have TensorRT compile it in 16 bits: scores differ in the third digit
    #[arg(long, conflicts_with = "cpu")]
    pub fp16: bool,
}

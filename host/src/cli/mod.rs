//! The command line.

mod review;
mod scan;
mod service;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use review::{AuditCommand, Calibrate, Decide, ExportFormat, ReviewCommand, ReviewList, ReviewShow};
pub use scan::{Explain, Scan};
pub use service::{ConfigCommand, Hook, Rescan, Serve, ServiceAt, Untag, Watch};

/// The commands of `veritag-lab`, a program of its own.
pub const LAB: [&str; 4] = ["evaluate", "crops", "import", "cross-check"];

/// The command of `veritag-runner`.
pub const RUNNER: &str = "runner";

const OTHERS_HELP: &str = "\
Runner, in veritag-runner:
  runner       Compute features for hosts that ask by the Open Inference Protocol, on a GPU or with another engine

Laboratory, in veritag-lab:
  evaluate     Measure models on labelled media
  crops        Write the faces of labelled assets as pictures to train on, just as a model sees them
  import       Make a bundle of a PyTorch checkpoint of the ResNeXt50 + LSTM family
  cross-check  Ask native tract for a second opinion on what bundles compute";

/// Deepfake tags for media libraries: says of images and videos whether the faces in them look manipulated.
///
/// Exit status: 0 when every asset was assessed or the reason why it cannot be was found in it; 1 when some
/// asset could not be processed through no fault of its own; 2 for a wrong command line; 3 when nothing could
/// be started (no manifest, plugin, model or ffmpeg).
#[derive(Debug, Parser)]
#[command(name = "veritag", version, after_help = OTHERS_HELP)]
pub struct Cli {
    #[command(flatten)]
    pub setup: Setup,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options of every command")]
pub struct Setup {
    /// The plugin's manifest [default: manifest.toml beside the executable, then that of the checkout]
    #[arg(long, global = true, env = "VERITAG_MANIFEST", value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Model bundle, by name or directory [default: `model` in the manifest's config]
    #[arg(long, global = true, env = "VERITAG_MODEL", value_name = "NAME")]
    pub model: Option<String>,
    /// Plugin instances, each with its own copy of the model [default: one per core]
    #[arg(long, global = true, env = "VERITAG_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    /// Compute features on the runner at this address, in the sandbox's place: http://HOST:8000/v2/models/NAME or grpc://HOST:8001/NAME
    #[arg(long, global = true, env = "VERITAG_RUNNER", value_name = "URL")]
    pub runner: Option<String>,
    /// The ffmpeg to decode with [default: beside the executable, then on PATH]
    #[arg(long, global = true, env = "VERITAG_FFMPEG", value_name = "FILE")]
    pub ffmpeg: Option<PathBuf>,
    /// The ffprobe to look with [default: beside the executable, then on PATH]
    #[arg(long, global = true, env = "VERITAG_FFPROBE", value_name = "FILE")]
    pub ffprobe: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Assess files, directories, or a list of paths on standard input
    Scan(Scan),
    /// Show where in the faces of an asset the evidence lies: a heat map over each face that may be fake
    Explain(Explain),
    /// Take back what was written about assets, and nothing else: beside those named, or all that a service wrote
    Untag(Untag),
    /// Tag uploads as they come in: takes hooks and uploads over HTTP, and works until it is told to stop
    Serve(Serve),
    /// Tag the files of a directory as they come in
    Watch(Watch),
    /// Take one message of a source on standard input, for a running `serve` to work on
    Hook(Hook),
    /// Find what hooks have missed, in the libraries of all sources, and have it done
    #[command(alias = "sweep")]
    Rescan(Rescan),
    /// See what a service has assessed, and decide on it, as its pages at /review do
    #[command(subcommand)]
    Review(ReviewCommand),
    /// Say how the model does on your own assets, and set thresholds by that
    Calibrate(Calibrate),
    /// Check who did what
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Check veritag.toml
    #[command(subcommand)]
    Config(ConfigCommand),
    /// List and verify model bundles
    #[command(subcommand)]
    Model(Model),
    /// Check every part and say what to do
    Doctor,
    /// Print the JSON Schema of an assessment
    Schema,
    /// Print what a shell needs to complete commands and options
    Completions {
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Write the manual pages, one a command
    Man {
        /// Directory to write to, which exists
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

#[derive(Debug, Subcommand)]
pub enum Model {
    /// Name every bundle
    List,
    /// Say what a bundle is, how well it does, and what it cannot see
    Show {
        /// By name or directory [default: the one that scans use]
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Check hashes and run self-tests [default: every bundle]
    Verify {
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Write a bundle as another server wants it: `export triton DIR`, a model repository of NVIDIA's Triton
    #[command(disable_help_flag = true)]
    Export {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "ARGUMENTS")]
        arguments: Vec<OsString>,
    },
}

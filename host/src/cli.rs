//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::assessment::Review;
use crate::records::Order;

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

#[derive(Args, Debug)]
pub struct Scan {
    /// Files and directories; `-` reads paths from standard input, one a line
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Print one JSON document per asset, one a line
    #[arg(long)]
    pub json: bool,
    /// Keep each assessment as ASSET.veritag.json beside the asset, which is not touched
    #[arg(long)]
    pub write: bool,
    /// Tag each asset in ASSET.xmp (or the sidecar that is there), for catalogues; all else in it is kept
    #[arg(long)]
    pub xmp: bool,
    /// veritag.toml, whose [runner] and [tags.keywords] hold [default: those of `veritag serve` without a file]
    #[arg(long, env = "VERITAG_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Write one self-contained page about this run
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Most windows of 20 frames looked at in a video
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub windows: u16,
    /// Seconds that one run of ffmpeg may take
    #[arg(long, alias = "patience", default_value_t = 60, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub timeout: u32,
}

#[derive(Args, Debug)]
pub struct Explain {
    /// An image or a video
    #[arg(value_name = "ASSET")]
    pub asset: PathBuf,
    /// Directory for the pictures, which is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Also faces that look real
    #[arg(long)]
    pub all: bool,
    /// Most windows of 20 frames looked at in a video
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub windows: u16,
    /// Seconds that one run of ffmpeg may take
    #[arg(long, default_value_t = 60, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub timeout: u32,
}

/// Where a service is described and keeps its records.
#[derive(Args, Debug)]
pub struct ServiceAt {
    /// veritag.toml: who may say that assets were uploaded, and where they are [default: nobody]
    #[arg(long, env = "VERITAG_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// sqlite://FILE or postgres://… [default: a file in the user's data directory]
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
}

#[derive(Args, Debug)]
pub struct Serve {
    #[command(flatten)]
    pub service: ServiceAt,
    /// Address to listen on [default: 127.0.0.1:8700]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
}

#[derive(Args, Debug)]
pub struct Watch {
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// Tag each asset in ASSET.xmp too
    #[arg(long)]
    pub xmp: bool,
    /// Seconds that a file must have stayed the same
    #[arg(long, default_value_t = 2, value_name = "S")]
    pub settle: u16,
    /// Read the directory every few seconds, where the file system does not say what changes
    #[arg(long)]
    pub poll: bool,
    #[command(flatten)]
    pub service: ServiceAt,
}

#[derive(Args, Debug)]
pub struct Hook {
    /// The source, as veritag.toml names it
    #[arg(value_name = "SOURCE")]
    pub source: String,
    #[command(flatten)]
    pub service: ServiceAt,
}

#[derive(Args, Debug)]
pub struct Rescan {
    /// Only these sources, as veritag.toml names them
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Do it: without this, it is only told
    #[arg(long)]
    pub apply: bool,
    /// Also what failed
    #[arg(long)]
    pub failed: bool,
    /// Also what another model assessed
    #[arg(long)]
    pub other_models: bool,
    /// Also what this very model assessed: it is tagged again, by what was found
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub service: ServiceAt,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say what is wrong with a configuration, by line and key
    Check {
        /// veritag.toml [default: the environment alone]
        #[arg(env = "VERITAG_CONFIG", value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

#[derive(Args, Debug)]
pub struct Untag {
    /// Assets and directories of them; `-` reads paths from standard input, one a line
    #[arg(required_unless_present = "all", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// All that a service has ever tagged, by its records: files and objects; says what it would take back
    #[arg(long, conflicts_with = "paths")]
    pub all: bool,
    /// Take it back
    #[arg(long, requires = "all")]
    pub apply: bool,
    #[command(flatten)]
    pub service: ServiceAt,
}

#[derive(Debug, Subcommand)]
pub enum ReviewCommand {
    /// Name the assets that a filter shows, one a line
    List(ReviewList),
    /// Say what models and people say of an asset
    Show(ReviewShow),
    /// Decide on assets: tags and webhooks follow
    Decide(Decide),
    /// Print every decision with what the model says; for Label Studio, every asset
    Export {
        #[arg(long, default_value = "csv", value_name = "FORMAT")]
        format: ExportFormat,
        #[command(flatten)]
        service: ServiceAt,
    },
    /// Take the decisions of an export of Label Studio
    Import {
        /// JSON, as Label Studio exports it; its tasks are those of `export`
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Who decided [default: whom each annotation names]
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        #[command(flatten)]
        service: ServiceAt,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum ExportFormat {
    Csv,
    /// One document a line
    Json,
    LabelStudio,
}

#[derive(Args, Debug)]
pub struct ReviewList {
    /// fake, real, unsure or not_assessed
    #[arg(long, value_name = "VERDICT")]
    pub verdict: Option<String>,
    /// not_reviewed, reviewed_as_fake, reviewed_as_real or reviewed_as_unsure
    #[arg(long, value_name = "REVIEW")]
    pub review: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Name and version
    #[arg(long, value_name = "MODEL")]
    pub model_version: Option<String>,
    /// Why it was not assessed
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,
    /// Assessed on this day or later: 2026-11-27
    #[arg(long, value_name = "DAY")]
    pub since: Option<String>,
    /// Part of the name, or the beginning of the sha256
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    #[arg(long, default_value = "uncertain", value_name = "ORDER")]
    pub order: Order,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub limit: u32,
    /// Print one JSON document per asset, one a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub service: ServiceAt,
}

#[derive(Args, Debug)]
pub struct ReviewShow {
    #[arg(value_name = "SHA256")]
    pub sha256: String,
    #[command(flatten)]
    pub service: ServiceAt,
}

#[derive(Args, Debug)]
pub struct Decide {
    #[arg(required = true, value_name = "SHA256")]
    pub assets: Vec<String>,
    /// fake, real, unsure, or none to take it back
    #[arg(long = "as", value_name = "DECISION")]
    pub decision: Review,
    /// Who decided
    #[arg(long, env = "USER", value_name = "NAME")]
    pub by: String,
    /// Kept with the decision
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    #[command(flatten)]
    pub service: ServiceAt,
}

#[derive(Args, Debug)]
pub struct Calibrate {
    /// Labelled scores, with the columns `score` and `label` (fake, real) [default: what people have decided]
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Also decisions of those who may have seen the score first: they tell how far people follow the model, too
    #[arg(long, conflicts_with = "csv")]
    pub seen: bool,
    /// Share of your uploads that are fake, 0 to 1
    #[arg(long, default_value_t = 0.01, value_name = "SHARE")]
    pub base_rate: f64,
    /// At most this share of genuine assets may be called fake
    #[arg(long, default_value_t = 0.02, value_name = "SHARE")]
    pub false_flags: f64,
    /// At most this share of fakes may be called real
    #[arg(long, default_value_t = 0.1, value_name = "SHARE")]
    pub misses: f64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Keep the band that keeps these limits as the next profile: later assessments of a service follow it
    #[arg(long)]
    pub save: bool,
    /// Who sets it
    #[arg(long, env = "USER", default_value = "veritag", value_name = "NAME")]
    pub by: String,
    #[command(flatten)]
    pub service: ServiceAt,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Say whether the log of who did what is whole, or which row was changed or removed
    Verify {
        #[command(flatten)]
        service: ServiceAt,
    },
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

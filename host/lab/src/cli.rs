//! The command line.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use veritag::cli::Setup;

/// Veritag's laboratory: measures models, cuts out faces to train on, imports checkpoints.
///
/// Exit status: 0 when all went well; 1 when some asset or bundle failed through no fault of its own; 2 for a wrong
/// command line; 3 when nothing could be started.
#[derive(Debug, Parser)]
#[command(name = "veritag-lab", version)]
pub struct Cli {
    #[command(flatten)]
    pub setup: Setup,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure models on labelled media
    Evaluate(Evaluate),
    /// Write the faces of labelled assets as pictures to train on, just as a model sees them
    Crops(Crops),
    /// Make a bundle of a PyTorch checkpoint of the ResNeXt50 + LSTM family
    Import(Box<Import>),
    /// Ask native tract for a second opinion on what bundles compute [default: every bundle with a self-test]
    CrossCheck {
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
}

#[derive(Args, Debug)]
pub struct Evaluate {
    /// CSV with the columns path (relative to it), label (real or fake), kind (video or image), source, generator,
    /// identity, split
    #[arg(value_name = "MANIFEST")]
    pub labels: PathBuf,
    /// Model to measure; several, each named once, are measured side by side [default: as for every command]
    #[arg(id = "model", long = "model", value_name = "NAME")]
    pub models: Vec<String>,
    /// Only the assets of this split [default: all, with a warning]
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,
    /// At most this many assets, evenly spread over the manifest
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZero<usize>>,
    /// Also measure degraded copies: compressed, scaled, blurred, noisy, mirrored, filmed off a screen, …
    #[arg(long)]
    pub robust: bool,
    /// Write everything, each asset's score included, as one JSON document
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write one self-contained page
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Write a model card in Markdown; of several models, one card each, FILE-NAME
    #[arg(long, value_name = "FILE")]
    pub card: Option<PathBuf>,
    /// Most windows of 20 frames looked at in a video
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub windows: u16,
    /// Seconds that one run of ffmpeg may take
    #[arg(long, alias = "patience", default_value_t = 60, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub timeout: u32,
}

#[derive(Args, Debug)]
pub struct Crops {
    /// CSV as for `veritag evaluate`; further columns are kept
    #[arg(value_name = "MANIFEST")]
    pub labels: PathBuf,
    /// Directory to write to, new or empty
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
    /// Only the assets of this split [default: all]
    #[arg(long, value_name = "NAME")]
    pub split: Option<String>,
    /// Side of the crops in pixels [default: that of the model]
    #[arg(long, value_name = "PX", value_parser = clap::value_parser!(u16).range(16..=1024))]
    pub size: Option<u16>,
    /// Side of the crops in units of the face box's longer side, 0.5 to 4 [default: that of the model]
    #[arg(long, value_name = "X")]
    pub margin: Option<f32>,
    /// Most windows of 20 frames taken of a video
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub windows: u16,
    /// Seconds that one run of ffmpeg may take
    #[arg(long, alias = "patience", default_value_t = 60, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub timeout: u32,
}

#[derive(Args, Debug)]
pub struct Import {
    /// .pt, .pth, .bin (torch.save) or .safetensors
    #[arg(value_name = "CHECKPOINT")]
    pub checkpoint: PathBuf,
    /// Name of the bundle [default: the checkpoint's file name]
    #[arg(long)]
    pub name: Option<String>,
    /// Directory to write the bundle to [default: NAME among the manifest's models]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Version of the bundle
    #[arg(long, default_value = "1.0.0", value_name = "VERSION")]
    pub bundle_version: String,
    /// How the checkpoint was trained to read a window: sequence, frame-mean or last-frame
    #[arg(long, default_value = "sequence", value_parser = ["sequence", "frame-mean", "last-frame"])]
    pub temporal: String,
    /// Which of the LSTM's outputs the classifier reads: the last, or their mean
    #[arg(long, default_value = "last", value_parser = ["last", "mean"])]
    pub pool: String,
    /// Colour order that the checkpoint was trained on
    #[arg(long, default_value = "rgb", value_parser = ["rgb", "bgr"])]
    pub channels: String,
    /// Side of the crop in pixels
    #[arg(long, default_value_t = 112)]
    pub size: usize,
    /// Side of the crop in units of the face box
    #[arg(long, default_value_t = 1.3)]
    pub margin: f32,
    /// What the logits stand for, in order
    #[arg(long, value_delimiter = ',', default_value = "fake,real")]
    pub labels: Vec<String>,
    /// Score that parts fake from real where one must choose
    #[arg(long, default_value_t = 0.5)]
    pub threshold: f32,
    /// Scores between these two are unsure
    #[arg(long, value_delimiter = ',', default_value = "0.4,0.6")]
    pub band: Vec<f32>,
    /// Licence of the weights
    #[arg(long, default_value = "not stated")]
    pub licence: String,
    /// What it was trained on
    #[arg(long, default_value = "not stated")]
    pub training_data: String,
    /// The weights are random: examine the bundle, tag nothing with it
    #[arg(long)]
    pub untrained: bool,
}

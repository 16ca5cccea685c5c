//! Looking at files.

use std::path::PathBuf;

use clap::Args;

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

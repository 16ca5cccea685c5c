//! A service, and what it has left behind.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Where a service is described and keeps its records.
#[derive(Args, Debug)]
pub struct ServiceAt {
    /// The configuration of the service, veritag.toml [default: one without sources]
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

//! What people decide, and what follows from it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::service::ServiceAt;
use crate::assessment::Review;
use crate::records::Order;

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
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
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
    #[arg(long, default_value_t = 0.01, value_name = "SHARE", value_parser = share)]
    pub base_rate: f64,
    /// At most this share of genuine assets may be called fake
    #[arg(long, default_value_t = 0.02, value_name = "SHARE", value_parser = share)]
    pub false_flags: f64,
    /// At most this share of fakes may be called real
    #[arg(long, default_value_t = 0.1, value_name = "SHARE", value_parser = share)]
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

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "give a share from 0 to 1".into())
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Say whether the log of who did what is whole, or which row was changed or removed
    Verify {
        #[command(flatten)]
        service: ServiceAt,
    },
}

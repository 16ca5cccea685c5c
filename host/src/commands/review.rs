//! `veritag review`: the review pages, for the shell.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;

use super::{SOME_FAILED, exchange, service};
use crate::assessment::wording::{self, visible};
use crate::cli::{Decide, ReviewCommand, ReviewList, ReviewShow};
use crate::database::new_id;
use crate::error::Error;
use crate::jobs;
use crate::records::{Decision, Filter, Item, Records};

/// # Errors
/// What kept the records from being read or written.
pub fn run(command: &ReviewCommand) -> Result<ExitCode, Error> {
    let at = match command {
        ReviewCommand::List(options) => &options.service,
        ReviewCommand::Show(options) => &options.service,
        ReviewCommand::Decide(options) => &options.service,
        ReviewCommand::Export { service, .. } | ReviewCommand::Import { service, .. } => service,
    };
    let config = service::configured(at)?;
    let mut code = ExitCode::SUCCESS;
    service::run(async {
        let records = Records::new(service::database(&config).await?);
        records.list_all().await?;
        code = match command {
            ReviewCommand::List(options) => list(&records, options).await?,
            ReviewCommand::Show(options) => show(&records, options).await?,
            ReviewCommand::Decide(options) => decide(&records, options).await?,
            ReviewCommand::Export { format, .. } => exchange::export(&records, *format).await?,
            ReviewCommand::Import { file, by, .. } => exchange::import(&records, file, by.as_deref()).await?,
        };
        Ok(())
    })?;
    Ok(code)
}

async fn list(records: &Records, options: &ReviewList) -> Result<ExitCode, Error> {
    let ReviewList { verdict, review, source, model_version, reason, since, search, order, limit, .. } = options;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let filter = Filter {
        verdict: text(verdict),
        review: text(review),
        source: text(source),
        model: text(model_version),
        reason: text(reason),
        since: text(since),
        search: text(search),
        order: *order,
    };
    filter.check().unwrap_or_else(|why| clap::Error::raw(ErrorKind::InvalidValue, format!("{why}\n")).exit());
    let items = records.items(&filter, *limit, 0).await?;
    let mut out = io::stdout().lock();
    for item in &items {
        let line = if options.json { serde_json::to_string(item).expect("plain data serializes") } else { row(item) };
        // Whoever reads may have gone.
        if writeln!(out, "{line}").is_err() {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(item: &Item) -> String {
    let score = item.score().map(wording::score).unwrap_or_default();
    let review = item.review.replace('_', " ");
    let verdict = item.verdict.replace('_', " ");
    format!("{}  {verdict:<12}  {score:>4}  {review:<18}  {}", item.asset, visible(&item.name))
}

async fn show(records: &Records, options: &ReviewShow) -> Result<ExitCode, Error> {
    let Some(item) = records.item(&options.sha256).await? else { return Ok(unknown(&options.sha256)) };
    println!("{}, from {}", visible(&item.name), item.source);
    for assessment in records.assessments(&item.asset).await? {
        println!("{}", visible(&assessment.text));
    }
    for review in records.reviews(&item.asset).await? {
        let seen = if review.saw_score == Some(0) { ", before seeing the score" } else { "" };
        let note = review.note.map(|note| format!(": {}", visible(&note))).unwrap_or_default();
        let words = review.review.replace('_', " ");
        println!("{}  {words} by {}{seen}{note}", review.reviewed_at, visible(&review.reviewer));
    }
    Ok(ExitCode::SUCCESS)
}

async fn decide(records: &Records, options: &Decide) -> Result<ExitCode, Error> {
    let batch = new_id();
    let decision = Decision {
        review: options.decision,
        reviewer: &options.by,
        note: options.note.as_deref(),
        saw_score: None,
        batch: Some(&batch),
        undone_by: None,
    };
    let mut code = ExitCode::SUCCESS;
    let mut known = Vec::new();
    for sha256 in &options.assets {
        match records.item(sha256).await? {
            Some(item) => known.push(item.asset),
            None => code = unknown(sha256),
        }
    }
    let kept = jobs::review(records, &known, &decision).await?;
    println!("{} {}", kept.len(), if kept.len() == 1 { "decision" } else { "decisions" });
    Ok(code)
}

fn unknown(sha256: &str) -> ExitCode {
    eprintln!("veritag: review-not-found: nobody knows the asset {sha256}; `veritag review list` names them");
    ExitCode::from(SOME_FAILED)
}

//! Decisions out, as CSV, JSON or tasks of Label Studio, and in from there.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::{Value, json};

use super::SOME_FAILED;
use crate::cli::ExportFormat;
use crate::database::new_id;
use crate::error::Error;
use crate::files::FileError;
use crate::jobs;
use crate::records::{Decision, Filter, Item, Labelled, Records};

/// Assets that are read at a time.
const PAGE: u32 = 1000;

/// A task of Label Studio, as far as we read it: <https://labelstud.io/guide/export#Label-Studio-JSON-format-of-annotated-tasks>.
#[derive(Deserialize)]
struct Task {
    data: TaskData,
    #[serde(default)]
    annotations: Vec<Annotation>,
}

#[derive(Deserialize)]
struct TaskData {
    sha256: String,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(default)]
    completed_by: Value,
    #[serde(default)]
    result: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    value: Choices,
}

#[derive(Default, Deserialize)]
struct Choices {
    #[serde(default)]
    choices: Vec<String>,
}

/// # Errors
/// When the records cannot be read.
pub async fn export(records: &Records, format: ExportFormat) -> Result<ExitCode, Error> {
    let written = match format {
        ExportFormat::Csv => csv(&records.labelled().await?),
        ExportFormat::Json => lines(&records.labelled().await?),
        ExportFormat::LabelStudio => label_studio(records).await?,
    };
    // Whoever reads may have gone.
    Ok(if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}

fn csv(decisions: &[Labelled]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(io::stdout().lock());
    decisions.iter().try_for_each(|decision| writer.serialize(decision))?;
    writer.flush()
}

fn lines(decisions: &[Labelled]) -> io::Result<()> {
    use io::Write;
    let mut out = io::stdout().lock();
    decisions.iter().try_for_each(|decision| {
        serde_json::to_writer(&mut out, decision)?;
        writeln!(out)
    })
}

async fn label_studio(records: &Records) -> Result<io::Result<()>, Error> {
    let mut tasks = Vec::new();
    for page in 0.. {
        let items = records.items(&Filter::default(), PAGE, page * u64::from(PAGE)).await?;
        tasks.extend(items.iter().map(task));
        if items.len() < PAGE as usize {
            break;
        }
    }
    Ok(serde_json::to_writer_pretty(io::stdout().lock(), &tasks).map_err(io::Error::from))
}

/// A task whose model's answer is its prediction, and a person's its annotation.
fn task(item: &Item) -> Value {
    let result = |choice: &str| json!([{ "from_name": "verdict", "to_name": "asset", "type": "choices", "value": { "choices": [choice] } }]);
    let short = item.review.trim_start_matches("reviewed_as_");
    let predictions = item
        .score()
        .map(|score| json!({ "model_version": item.model, "score": score, "result": result(&item.verdict) }));
    let annotations = item.is_reviewed().then(|| json!({ "completed_by": item.reviewer, "result": result(short) }));
    json!({
        "data": { "sha256": item.asset, "name": item.name, "asset": format!("/review/assets/{}/media", item.asset) },
        "predictions": Vec::from_iter(predictions),
        "annotations": Vec::from_iter(annotations),
    })
}

/// Keeps the last annotation of each task as the decision of `by`, or of whom it names.
///
/// # Errors
/// When the file is no export of Label Studio, or the records cannot be written.
pub async fn import(records: &Records, file: &Path, by: Option<&str>) -> Result<ExitCode, Error> {
    let unreadable = |why: String| FileError::NoExport { path: file.to_owned(), why };
    let text = std::fs::read(file).map_err(|error| unreadable(error.to_string()))?;
    let tasks: Vec<Task> = serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
    let (batch, mut kept, mut skipped) = (new_id(), 0, 0);
    for task in &tasks {
        let Some(annotation) = task.annotations.last() else { continue };
        let choice = annotation.result.iter().flat_map(|answer| &answer.value.choices).next();
        let Some(review) = choice.and_then(|choice| choice.parse().ok()) else {
            skipped += 1;
            continue;
        };
        let named = annotation.completed_by.as_str().or_else(|| annotation.completed_by["email"].as_str());
        let reviewer = by.or(named).unwrap_or("label-studio");
        let decision = Decision { review, reviewer, note: None, saw_score: None, batch: Some(&batch), undone_by: None };
        let assets = [task.data.sha256.clone()];
        let found = jobs::review(records, &assets, &decision).await?.len();
        kept += found;
        skipped += 1 - found;
    }
    println!("{kept} kept, {skipped} skipped: no such asset, or no choice of fake, real, unsure");
    Ok(if skipped == 0 { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}

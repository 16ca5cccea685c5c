//! How a model does on a site's own assets, by what people have decided of them, and thresholds that follow from it.

mod advice;
mod interval;
mod rates;

use std::io;

use serde::{Deserialize, Serialize};

pub use advice::{Advice, Limits, advise};
pub use interval::wilson;
pub use rates::{Rates, rates};

/// With fewer of a kind, figures say little.
pub const MIN_EACH: usize = 50;
/// Thresholds that are shown.
const THRESHOLDS: [f32; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// An asset whose truth somebody knows, and its score (0..1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    pub score: f32,
    pub is_fake: bool,
}

/// What a row of a CSV says, of those columns that we read: `score`, and `label` or `review`.
#[derive(Deserialize)]
struct Row {
    score: Option<f32>,
    #[serde(alias = "review")]
    label: String,
}

/// Bands as a site has set them for its own assets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Profile {
    /// From 1 on; the last one counts.
    pub number: i64,
    /// Name and version of the model whose scores it is for.
    pub model: String,
    pub threshold: f32,
    /// Scores strictly between these are `unsure`.
    pub band: [f32; 2],
}

/// The cases of a CSV with the columns `score` and `label` (`fake`, `real`), or as `veritag review export` writes it;
/// rows without a score, or of which nobody can tell, are left out.
///
/// # Errors
/// When it is no CSV with these columns, or in which line a score or a label is none.
pub fn read(csv: impl io::Read) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for (row, line) in csv::Reader::from_reader(csv).deserialize().zip(2..) {
        let Row { score, label } = row.map_err(|error| error.to_string())?;
        if let Some(score) = score.filter(|score| !(0.0..=1.0).contains(score)) {
            return Err(format!("the score of line {line} is {score}, not 0 to 1"));
        }
        cases.extend(case(score, &label).map_err(|why| format!("the label of line {line} {why}"))?);
    }
    Ok(cases)
}

/// None without a score, or where a person has not decided or could not tell.
///
/// # Errors
/// What is wrong with the label.
pub fn case(score: Option<f32>, label: &str) -> Result<Option<Case>, String> {
    let is_fake = match label.trim_start_matches("reviewed_as_") {
        "fake" => true,
        "real" => false,
        "" | "unsure" | "unclear" | "not_reviewed" => return Ok(None),
        other => return Err(format!("is {other:?}, not fake, real or unsure")),
    };
    Ok(score.map(|score| Case { score, is_fake }))
}

/// All that is said of the cases of a model.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Report {
    /// Name and version.
    pub model: String,
    pub fake: usize,
    pub genuine: usize,
    /// Share of all uploads that are fake, 0..1.
    pub base_rate: f64,
    /// At 0.1, 0.2, … 0.9.
    pub rates: Vec<Rates>,
    /// None if no band keeps the limits for sure.
    pub advice: Option<Advice>,
    /// Why this says little, if it does.
    pub too_few: Option<String>,
}

impl Profile {
    /// The next one of a model, with the band that was advised.
    pub fn advised(model: String, advice: &Advice) -> Self {
        let [low, high] = advice.band;
        Self { number: 0, model, threshold: (low + high) / 2.0, band: advice.band }
    }
}

impl Report {
    pub fn new(model: String, cases: &[Case], base_rate: f64, limits: Limits) -> Self {
        let [fake, genuine] = counts(cases);
        let rates = rates(cases, &THRESHOLDS, base_rate);
        Self { model, fake, genuine, base_rate, rates, advice: advise(cases, limits), too_few: too_few(cases) }
    }
}

/// How many are fake, and how many genuine.
pub fn counts(cases: &[Case]) -> [usize; 2] {
    let fake = cases.iter().filter(|case| case.is_fake).count();
    [fake, cases.len() - fake]
}

/// Why figures from these cases would say little, if they would.
pub fn too_few(cases: &[Case]) -> Option<String> {
    let [fake, genuine] = counts(cases);
    let few = fake < MIN_EACH || genuine < MIN_EACH;
    few.then(|| format!("{fake} fake and {genuine} genuine assets were decided on; with fewer than {MIN_EACH} of each, figures say little"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_from_tables_of_ones_own_and_from_exports() {
        let own = "path,label,score\na,fake,0.9\nb,real,0.1\nc,real,\nd,unclear,0.5\n";
        let case = |score, is_fake| Case { score, is_fake };
        assert_eq!(read(own.as_bytes()).unwrap(), [case(0.9, true), case(0.1, false)]);
        let export = "sha256,score,review\na,0.9,reviewed_as_real\nb,,reviewed_as_fake\nc,0.5,reviewed_as_unsure\n";
        assert_eq!(read(export.as_bytes()).unwrap(), [case(0.9, false)]);
        for (wrong, why) in [
            ("a,b\n1,2\n", "missing field"),
            ("score,label\n0.1,real\n2,fake\n", "line 3 is 2"),
            ("score,label\n0.9,bogus\n", "line 2 is \"bogus\""),
        ] {
            assert!(read(wrong.as_bytes()).unwrap_err().contains(why), "{wrong}");
        }
    }
}

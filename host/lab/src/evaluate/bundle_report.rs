//! One bundle, measured.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use veritag_abi::{ModelId, bundle::Bundle};

use super::bootstrap::{self, Estimate};
use super::breakdown::{Breakdown, breakdowns};
use super::calibration::{self, Bin};
use super::curves::{self, Point};
use super::degradation::Degradation;
use super::measured::Measured;
use super::mistakes::{self, Mistake};
use super::outcome::Outcome;
use super::tally::{Case, Sample};

/// Who a bundle is, in its own words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub model: ModelId,
    pub architecture: String,
    /// sha256 of each part, by its name.
    pub parts: BTreeMap<String, String>,
    pub licence: String,
    pub training_data: String,
    /// What the model can and cannot see.
    pub limits: String,
    /// Who is rare or absent among those whom it has learnt from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// What calibration was fitted on.
    pub fitted_on: String,
    pub threshold: f32,
    pub band: [f32; 2],
    /// Of stills, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still_band: Option<[f32; 2]>,
}

/// One bundle, measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BundleReport {
    #[serde(flatten)]
    pub about: About,
    pub measured: Measured,
    pub curve: Vec<Point>,
    pub reliability: Vec<Bin>,
    pub breakdowns: Vec<Breakdown>,
    /// Empty where it was not asked for.
    pub robustness: Vec<Condition>,
    pub mistakes: Vec<Mistake>,
    /// In the order of the manifest.
    pub assets: Vec<Outcome>,
}

/// The bundle on degraded copies of the same assets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    pub name: String,
    pub words: String,
    pub measured: Measured,
    /// AUC on the copies less that on their originals, over the assets assessed as both.
    pub auc_change: Estimate,
    /// Share of the assets assessed as both whose scores differ by at most [`ALIKE`]; none where there are none.
    pub alike: Option<f64>,
}

/// What two scores of one asset may differ by and still be called alike.
pub const ALIKE: f64 = 0.1;

impl About {
    pub fn new(model: ModelId, bundle: &Bundle) -> Self {
        let (stated, output) = (&bundle.model, &bundle.output);
        Self {
            model,
            architecture: stated.architecture.clone(),
            parts: bundle.parts.iter().map(|part| (part.name.clone(), part.sha256.clone())).collect(),
            licence: stated.licence.clone(),
            training_data: stated.training_data.clone(),
            limits: stated.limits.clone(),
            missing: stated.missing.clone(),
            fitted_on: output.calibration.fitted_on.clone(),
            threshold: output.threshold,
            band: output.band,
            still_band: output.still_band,
        }
    }
}

impl BundleReport {
    /// What the bundle said of every asset, in the order of the manifest, and what follows from it.
    pub fn new(about: About, assets: Vec<Outcome>) -> Self {
        let threshold = about.threshold;
        let tally = Sample::new(assets.iter().map(Outcome::case), threshold.into()).tally();
        Self {
            measured: Measured::of(&assets, threshold),
            curve: curves::points(&tally),
            reliability: calibration::bins(&tally),
            breakdowns: breakdowns(&assets, threshold),
            robustness: Vec::new(),
            mistakes: mistakes::worst(&assets, threshold),
            about,
            assets,
        }
    }

    /// Where its verdicts stand among the points of its curve; none where it calls nothing fake.
    pub fn called_fake(&self) -> Option<Point> {
        let (real, fake) = (&self.measured.real, &self.measured.fake);
        let share = |part: u64, whole: u64| part as f64 / whole as f64;
        let precision = share(fake.fake, fake.fake + real.fake);
        let (false_flags, caught) = (share(real.fake, real.assessed()), share(fake.fake, fake.assessed()));
        let point = Point { score: self.about.band[1].into(), false_flags, caught, precision };
        [false_flags, caught, precision].iter().all(|share| share.is_finite()).then_some(point)
    }

    /// Adds what the bundle said of degraded copies: of all assets that the degradation fits, in any order.
    pub fn add_condition(&mut self, degradation: &Degradation, copies: Vec<Outcome>) {
        let originals: HashMap<&str, &Outcome> = self.assets.iter().map(|a| (a.entry.path.as_str(), a)).collect();
        let pair = |copy: &Outcome| Some((copy.case(), originals.get(copy.entry.path.as_str())?.case()));
        let pairs: Vec<(Case, Case)> = copies.iter().filter_map(pair).collect();
        let auc_change = bootstrap::auc_difference(&pairs);
        let measured = Measured::of(&copies, self.about.threshold);
        let (name, words) = (degradation.name.to_owned(), degradation.words.to_owned());
        self.robustness.push(Condition { name, words, measured, auc_change, alike: alike(&pairs) });
    }
}

fn alike(pairs: &[(Case, Case)]) -> Option<f64> {
    let moved = |(one, other): &(Case, Case)| Some((one.score? - other.score?).abs());
    let moved: Vec<f64> = pairs.iter().filter_map(moved).collect();
    (!moved.is_empty()).then(|| moved.iter().filter(|&&by| by <= ALIKE).count() as f64 / moved.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::degradation::ALL;
    use crate::evaluate::examples::{about, entries, outcomes};

    #[test]
    fn its_verdicts_lie_on_its_curve_where_all_assets_have_one_band() {
        let bundle = BundleReport::new(about("a"), outcomes(&entries(50), 0.6, 1));
        let on_curve = bundle.curve.iter().rfind(|point| point.score >= f64::from(bundle.about.band[1])).unwrap();
        let shown = bundle.called_fake().unwrap();
        assert_eq!((shown.false_flags, shown.caught), (on_curve.false_flags, on_curve.caught));
        assert!(BundleReport::new(about("a"), Vec::new()).called_fake().is_none());
    }

    #[test]
    fn copies_are_compared_with_their_own_originals() {
        let entries = entries(20);
        let mut bundle = BundleReport::new(about("a"), outcomes(&entries, 0.6, 1));
        let mut copies = outcomes(&entries, 0.6, 1);
        copies.reverse();
        bundle.add_condition(&ALL[0], copies);
        assert_eq!((bundle.robustness[0].auc_change.value, bundle.robustness[0].alike), (Some(0.0), Some(1.0)));
        bundle.add_condition(&ALL[1], outcomes(&entries, 0.0, 2));
        assert!(bundle.robustness[1].auc_change.value < Some(-0.1) && bundle.robustness[1].alike < Some(0.9));
        bundle.add_condition(&ALL[2], Vec::new());
        assert_eq!(bundle.robustness[2].alike, None);
    }
}

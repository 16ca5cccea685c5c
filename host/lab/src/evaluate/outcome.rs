//! What one bundle said of one labelled asset.

use serde::{Deserialize, Serialize};
use veritag_abi::{FaceScore, Quality, Reason, Verdict};

use super::tally::Case;
use crate::dataset::{Entry, Label};
use veritag::assessment::Assessment;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    #[serde(rename = "asset")]
    pub entry: Entry,
    /// Assets of one group show the same people.
    pub group: usize,
    /// P(fake) after calibration, 0..1; none where nothing was assessed.
    pub score: Option<f32>,
    pub verdict: Verdict,
    /// Why nothing was assessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The assessment in one sentence.
    pub text: String,
    pub codec: String,
    /// Median side in pixels of the largest face seen.
    pub face_px: Option<f32>,
    /// Median variance of the Laplacian of that face's luma.
    pub sharpness: Option<f32>,
}

impl Outcome {
    pub fn new(entry: &Entry, group: usize, assessment: &Assessment) -> Self {
        let quality = largest_face(assessment);
        let codec = assessment.asset.media.as_ref().map_or("unknown", |media| &media.codec);
        Self {
            entry: entry.clone(),
            group,
            score: assessment.score,
            verdict: assessment.verdict,
            reason: assessment.reason,
            text: assessment.text.clone(),
            codec: codec.to_owned(),
            face_px: quality.map(|quality| quality.face_px),
            sharpness: quality.map(|quality| quality.sharpness),
        }
    }

    /// Of an asset that never reached the model.
    pub fn unassessed(entry: &Entry, group: usize, reason: Reason) -> Self {
        Self {
            entry: entry.clone(),
            group,
            score: None,
            verdict: Verdict::NotAssessed,
            reason: Some(reason),
            text: String::new(),
            codec: "unknown".into(),
            face_px: None,
            sharpness: None,
        }
    }

    pub fn is_fake(&self) -> bool {
        self.entry.label == Label::Fake
    }

    pub fn case(&self) -> Case {
        Case { fake: self.is_fake(), score: self.score.map(f64::from), verdict: self.verdict, group: self.group }
    }
}

fn largest_face(assessment: &Assessment) -> Option<&Quality> {
    let faces = assessment.windows.iter().flat_map(|window| &window.faces);
    let larger = |a: &&FaceScore, b: &&FaceScore| a.quality.face_px.total_cmp(&b.quality.face_px);
    faces.max_by(larger).map(|face| &face.quality)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::examples::entry;
    use serde_json::json;

    fn assessment() -> Assessment {
        let face = |face_px: f32, sharpness: f32| {
            json!({"score": 0.5, "bbox": [0.0, 0.0, 9.0, 9.0], "pts_us": 0, "quality":
                {"face_px": face_px, "sharpness": sharpness, "brightness": 99.0, "detection": 0.9, "coverage": 1.0}})
        };
        let window = json!({"start_us": 0, "end_us": 9, "frames": 20, "width": 64, "height": 48, "score": 0.75,
            "faces": [face(80.0, 10.0), face(120.0, 33.0)]});
        let media = json!({"kind": "video", "format": "mp4", "codec": "hevc", "width": 64, "height": 48});
        let document = json!({"schema": "", "text": "Automated check.", "asset": {"path": "a.mp4", "media": media},
            "verdict": "unsure", "score": 0.75, "labels": [], "windows": [window], "gaps": [], "runner": "",
            "decoder": "", "veritag": "", "review": "not_reviewed", "assessed_at": "", "elapsed_ms": 1});
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn takes_over_what_was_said_and_how_well_the_largest_face_was_seen() {
        let outcome = Outcome::new(&entry("a.mp4"), 3, &assessment());
        assert_eq!((outcome.score, outcome.verdict, outcome.codec.as_str()), (Some(0.75), Verdict::Unsure, "hevc"));
        assert_eq!((outcome.face_px, outcome.sharpness, outcome.group), (Some(120.0), Some(33.0), 3));
        assert_eq!(outcome.case(), Case { fake: false, score: Some(0.75), verdict: Verdict::Unsure, group: 3 });
    }

    #[test]
    fn a_failure_keeps_its_reason() {
        let mut failed = assessment();
        failed.fail(Reason::Undecodable, "media-undecodable", "no".into());
        failed.windows.clear();
        failed.score = None;
        let outcome = Outcome::new(&entry("a.mp4"), 0, &failed);
        assert_eq!((outcome.reason, outcome.face_px, outcome.score), (Some(Reason::Undecodable), None, None));
    }

    #[test]
    fn reads_back_what_it_writes() {
        let mut entry = entry("a.mp4");
        entry.extra.insert("rig".into(), "tripod".into());
        let outcome = Outcome::new(&entry, 3, &assessment());
        let text = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), outcome);
    }
}

//! Hand-made assessments for tests.

use veritag_abi::credentials::{Action, Credentials, State};
use veritag_abi::{Analysis, FaceScore, ModelId, Quality, Reason, Verdict, WindowScore};

use super::{Assessment, Asset, MediaFacts, Program, SCHEMA, wording};

pub const DURATION: u64 = 14_000_000;

pub fn fake() -> Assessment {
    video(Verdict::Fake, None, [0.91, 0.96, 0.88].map(Some), Some(0.93))
}

pub fn unsure() -> Assessment {
    video(Verdict::Unsure, None, [0.7, 0.74, 0.3].map(Some), Some(0.74))
}

pub fn real() -> Assessment {
    video(Verdict::Real, None, [0.12, 0.05, 0.08].map(Some), Some(0.12))
}

pub fn no_face() -> Assessment {
    let mut assessment = video(Verdict::NotAssessed, Some(Reason::NoFace), [None; 3], None);
    assessment.windows.iter_mut().for_each(|window| window.faces.clear());
    assessment
}

pub fn blurred() -> Assessment {
    let mut assessment = video(Verdict::NotAssessed, Some(Reason::TooBlurry), [None; 3], None);
    assessment.elapsed_ms = 412;
    assessment
}

pub fn image() -> Assessment {
    let mut assessment = blank("portrait.jpg", facts("image", "jpeg", None));
    assessment.conclude(analysis(Verdict::Fake, None, Some(0.998), vec![window(0, 0, 1, Some(0.998), None)]), None);
    assessment.elapsed_ms = 180;
    assessment.credentials = Some(credentials());
    told(assessment)
}

fn credentials() -> Credentials {
    let source_type = Some("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia".into());
    let action = Action { action: "c2pa.created".into(), agent: Some("Imagined 2".into()), source_type, when: None };
    let signer = Some("Example Camera".into());
    Credentials { signer, actions: vec![action], ..Credentials::of(State::UnknownSigner) }
}

pub fn failed() -> Assessment {
    let mut assessment = blank("broken.mp4", facts("video", "mp4", None));
    assessment.asset.media = None;
    assessment.fail(Reason::Undecodable, "media-undecodable", "moov atom not found".into());
    told(assessment)
}

pub fn video(verdict: Verdict, reason: Option<Reason>, scores: [Option<f32>; 3], score: Option<f32>) -> Assessment {
    let mut assessment = blank("news/clip.mp4", facts("video", "mp4", Some(DURATION)));
    let windows = [0, 6_000_000, 13_200_000].into_iter().zip(scores);
    let windows = windows.map(|(start, score)| window(start, start + 800_000, 20, score, reason));
    assessment.conclude(analysis(verdict, reason, score, windows.collect()), Some(DURATION));
    told(assessment)
}

pub fn window(start_us: u64, end_us: u64, frames: u32, score: Option<f32>, reason: Option<Reason>) -> WindowScore {
    let face = FaceScore {
        score,
        logit: score,
        reason,
        quality: quality(),
        bbox: [200.0, 80.0, 96.0, 112.0],
        pts_us: start_us,
    };
    WindowScore { start_us, end_us, frames, width: 640, height: 360, score, reason, faces: vec![face], more_faces: 0 }
}

fn quality() -> Quality {
    Quality { face_px: 104.0, sharpness: 212.4, brightness: 121.0, turn: 0.1, detection: 0.98, coverage: 1.0 }
}

pub fn analysis(verdict: Verdict, reason: Option<Reason>, score: Option<f32>, windows: Vec<WindowScore>) -> Analysis {
    let model = ModelId { name: "resnext50-lstm".into(), version: "1.0.0".into(), sha256: "5e".repeat(32) };
    Analysis { verdict, reason, score, threshold: 0.8, band: [0.6, 0.9], model, windows }
}

fn told(mut assessment: Assessment) -> Assessment {
    assessment.text = wording::sentence(&assessment);
    assessment
}

pub fn facts(kind: &str, format: &str, duration_us: Option<u64>) -> MediaFacts {
    MediaFacts {
        kind: kind.into(),
        format: format.into(),
        codec: "h264".into(),
        width: 1920,
        height: 1080,
        duration_us,
        track: None,
        tracks: None,
        recording: None,
        recordings: None,
        pictures: None,
    }
}

/// An assessment that says nothing yet.
pub fn blank(path: &str, media: MediaFacts) -> Assessment {
    let asset = Asset { path: path.into(), sha256: Some("a1".repeat(32)), bytes: Some(3_481_220), media: Some(media) };
    let plugin = Program { name: "veritag-plugin".into(), version: "0.1.0".into(), sha256: "9c".repeat(32) };
    Assessment {
        schema: SCHEMA.into(),
        asset,
        blind_to: vec!["wholly generated people".into()],
        plugin: Some(plugin),
        runner: "sandbox".into(),
        runners: vec![],
        decoder: "ffmpeg 5.1.6".into(),
        veritag: "0.1.0".into(),
        assessed_at: "2026-11-23T02:08:01Z".into(),
        elapsed_ms: 2_310,
        ..Assessment::default()
    }
}

//! Plain words for verdicts, reasons and whole assessments: they say what was done and not more.

use veritag_abi::bundle::Metric;
use veritag_abi::{Reason, Verdict};

use super::{Assessment, Review, plain_name, times};

/// Why nothing was assessed; the words also follow "because".
pub fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::NoFace => "no face was found",
        Reason::FaceTooSmall => "the face is too small",
        Reason::TooBlurry => "the face is too blurred",
        Reason::TooCompressed => "it is too compressed",
        Reason::TooDark => "the face is too dark",
        Reason::TooBright => "the face is too bright",
        Reason::TurnedAway => "the face is turned away",
        Reason::TooFewFrames => "too few frames show a face",
        Reason::Drawn => "the face is a drawing",
        Reason::Covered => "nose and mouth are covered",
        Reason::NoVideo => "the file has no picture",
        Reason::Undecodable => "the file cannot be decoded",
        Reason::Empty => "the file is empty",
        Reason::Unsupported => "the format is unsupported",
        Reason::TooLarge => "the file is too large",
        Reason::TooManyPixels => "the picture is too large",
        Reason::Unreadable => "the file cannot be read",
        Reason::NotFound => "the file was not found",
        Reason::Failed => "the check failed",
        Reason::Unknown => "the reason is not known",
    }
}

/// The verdict as the report and the sentence put it.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fake => "likely fake",
        Verdict::Unsure => "unsure",
        Verdict::Real => "no manipulation found",
        Verdict::NotAssessed => "not assessed",
    }
}

/// The verdict by its name, for tables and tallies.
pub fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fake => "fake",
        Verdict::Unsure => "unsure",
        Verdict::Real => "real",
        Verdict::NotAssessed => "not assessed",
    }
}

/// Two decimals, which never claim certainty: `>0.99` and `<0.01` at the ends.
pub fn score(score: f32) -> String {
    match score {
        s if s >= 0.995 => ">0.99".into(),
        s if s < 0.005 => "<0.01".into(),
        s => format!("{s:.2}"),
    }
}

/// A measured figure of a model: `AUC 0.843 [0.79–0.93]`.
pub fn figure(metric: &Metric) -> String {
    let interval = metric.interval.map(|[low, high]| format!(" [{low:.2}–{high:.2}]")).unwrap_or_default();
    format!("{} {:.3}{interval}", metric.name, metric.value)
}

/// What a figure was measured on: `test clips: 38 assets (28 fake), 5 groups of people`.
pub fn measured_on(metric: &Metric) -> String {
    let groups = metric.groups.map(|groups| format!(", {groups} groups of people")).unwrap_or_default();
    format!("{}: {} assets ({} fake){groups}", metric.set, metric.assets, metric.fake)
}

/// What a model's figures promise, of the set with the most genuine assets; none without a bound on false flags.
pub fn expectation(metrics: &[Metric]) -> Option<String> {
    let bounded = metrics.iter().filter(|metric| metric.name == "genuine called fake" && metric.interval.is_some());
    let flagged = bounded.max_by_key(|metric| metric.assets.saturating_sub(metric.fake))?;
    let unsure = metrics.iter().find(|metric| metric.set == flagged.set && metric.name == "left unsure")?;
    let (most, unsure, assets) = (flagged.interval?[1] * 100.0, unsure.value * 100.0, flagged.assets);
    Some(format!(
        "up to {most:.1}% of genuine ones may be called fake, {unsure:.0}% stay unsure ({assets} assets measured)"
    ))
}

/// One sentence for [`Assessment::text`].
pub fn sentence(assessment: &Assessment) -> String {
    let model = assessment.model.as_ref();
    let parts = [
        Some(finding(assessment)),
        not_looked_for(assessment),
        model.map(|model| format!("model {model}")),
        assessment.profile.map(|number| format!("thresholds of profile {number}")),
        frames_seen(assessment).filter(|_| !finding_names_frames(assessment)),
        part_judged(assessment),
        assessment.windows.iter().map(|window| window.more_faces).max().and_then(more_faces),
        Some(review(assessment.review)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("Automated check: {}.", parts.join(", "))
}

/// `2 more faces were not judged`, if there are any.
pub fn more_faces(number: u32) -> Option<String> {
    match number {
        0 => None,
        1 => Some("1 more face was not judged".into()),
        _ => Some(format!("{number} more faces were not judged")),
    }
}

/// `not reviewed`, `reviewed as real`.
pub fn review(review: Review) -> String {
    plain_name(&review).replace('_', " ")
}

fn finding(assessment: &Assessment) -> String {
    let verdict = verdict(assessment.verdict);
    match (assessment.score, assessment.band) {
        (Some(s), Some(band)) => format!("{verdict} ({}, {})", score(s), limit(assessment.verdict, band)),
        _ => format!("{verdict}, because {}", cause(assessment)),
    }
}

/// From where, or up to where, the verdict is given.
fn limit(verdict: Verdict, [low, high]: [f32; 2]) -> String {
    match verdict {
        Verdict::Fake => format!("fake from {high:.2}"),
        Verdict::Real => format!("real up to {low:.2}"),
        Verdict::Unsure | Verdict::NotAssessed => format!("between {low:.2} and {high:.2}"),
    }
}

/// How scores become verdicts, of all assets or of clips and of stills.
pub fn bands(band: [f32; 2], still_band: Option<[f32; 2]>) -> String {
    let words = |[low, high]: [f32; 2]| format!("real up to {low:.2}, fake from {high:.2} on, unsure between");
    match still_band {
        None => words(band),
        Some(still) => format!("{}; of a still, {}", words(band), words(still)),
    }
}

/// What `no manipulation found` does not speak of.
fn not_looked_for(assessment: &Assessment) -> Option<String> {
    let speaks = assessment.verdict == Verdict::Real && !assessment.blind_to.is_empty();
    speaks.then(|| format!("{} not looked for", assessment.blind_to.join(" and ")))
}

/// Which of several recordings, tracks or pictures it is about.
fn part_judged(assessment: &Assessment) -> Option<String> {
    let media = assessment.asset.media.as_ref()?;
    let recording = media.recording.zip(media.recordings).map(|(nth, of)| format!("recording {nth} of {of}"));
    let track = media.track.zip(media.tracks).map(|(track, tracks)| format!("stream {track} of {tracks} video tracks"));
    let picture = media.pictures.map(|pictures| format!("the first of {pictures} pictures"));
    let parts: Vec<String> = [recording, track, picture].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn cause(assessment: &Assessment) -> String {
    let words = reason(assessment.reason.unwrap_or(Reason::Unknown));
    match frames_seen(assessment).filter(|_| finding_names_frames(assessment)) {
        Some(frames) => format!("{words} in {frames}"),
        None => words.into(),
    }
}

fn finding_names_frames(assessment: &Assessment) -> bool {
    assessment.reason == Some(Reason::NoFace)
}

/// How many frames were seen and of which stretch: `60 frames of 00:00–00:14`, or `1 frame`.
pub fn frames_seen(assessment: &Assessment) -> Option<String> {
    let (first, last) = (assessment.windows.first()?, assessment.windows.last()?);
    let frames: u32 = assessment.windows.iter().map(|window| window.frames).sum();
    match frames {
        1 => Some("1 frame".into()),
        _ => Some(format!("{frames} frames of {}–{}", times::clock(first.start_us), times::clock(last.end_us))),
    }
}

/// The text with control and direction-changing characters, which can fake what is shown, made visible.
pub fn visible(text: &str) -> String {
    let deceives = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    text.replace(deceives, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::assessment::examples;

    #[test]
    fn every_reason_has_words_of_its_own() {
        let words: BTreeSet<&str> = Reason::ALL.iter().map(|it| reason(*it)).collect();
        assert_eq!(words.len(), Reason::ALL.len());
    }

    #[test]
    fn a_reason_of_a_later_version_is_owned_up_to() {
        let later: Reason = serde_json::from_str("\"of_next_year\"").unwrap();
        assert_eq!(reason(later), "the reason is not known");
    }

    #[test]
    fn sentences_say_what_was_done_and_not_more() {
        let end = "model resnext50-lstm 1.0.0, 60 frames of 00:00–00:14, not reviewed.";
        let says = |assessment: &Assessment, start: &str| {
            assert_eq!(sentence(assessment), format!("Automated check: {start}, {end}"));
        };
        says(&examples::fake(), "likely fake (0.93, fake from 0.90)");
        says(&examples::unsure(), "unsure (0.74, between 0.60 and 0.90)");
        says(
            &examples::real(),
            "no manipulation found (0.12, real up to 0.60), wholly generated people not looked for",
        );
        says(&examples::blurred(), "not assessed, because the face is too blurred");
    }

    #[test]
    fn sentences_without_a_score_say_why() {
        let no_face = "Automated check: not assessed, because no face was found in 60 frames of \
                       00:00–00:14, model resnext50-lstm 1.0.0, not reviewed.";
        assert_eq!(sentence(&examples::no_face()), no_face);
        let failed = "Automated check: not assessed, because the file cannot be decoded, not reviewed.";
        assert_eq!(sentence(&examples::failed()), failed);
    }

    #[test]
    fn an_image_is_one_frame_without_times() {
        let image =
            "Automated check: likely fake (>0.99, fake from 0.90), model resnext50-lstm 1.0.0, 1 frame, not reviewed.";
        assert_eq!(sentence(&examples::image()), image);
    }

    #[test]
    fn sentences_name_the_track_or_the_picture_among_several() {
        let mut assessment = examples::image();
        let media = assessment.asset.media.as_mut().unwrap();
        media.pictures = Some(3);
        assert!(sentence(&assessment).contains(", 1 frame, the first of 3 pictures, not reviewed"));
        let media = assessment.asset.media.as_mut().unwrap();
        (media.track, media.tracks) = (Some(1), Some(2));
        media.pictures = None;
        assert!(sentence(&assessment).contains(", stream 1 of 2 video tracks, not reviewed"));
        let media = assessment.asset.media.as_mut().unwrap();
        (media.recording, media.recordings) = (Some(3), Some(4));
        assert!(sentence(&assessment).contains(", recording 3 of 4, stream 1 of 2 video tracks, not reviewed"));
    }

    #[test]
    fn faces_beyond_those_judged_are_told() {
        let mut image = examples::image();
        image.windows[0].more_faces = 2;
        assert!(sentence(&image).ends_with(", 1 frame, 2 more faces were not judged, not reviewed."));
    }

    #[test]
    fn what_to_expect_is_the_bound_on_most_genuine_assets() {
        let metric = |set: &str, assets, name: &str, interval| Metric {
            set: set.into(),
            assets,
            fake: 10,
            groups: None,
            name: name.into(),
            value: 0.25,
            interval,
        };
        let few = [metric("few", 20, "genuine called fake", Some([0.0, 0.3])), metric("few", 20, "left unsure", None)];
        let many =
            [metric("many", 90, "left unsure", None), metric("many", 90, "genuine called fake", Some([0.0, 0.015]))];
        let expected = "up to 1.5% of genuine ones may be called fake, 25% stay unsure (90 assets measured)";
        assert_eq!(expectation(&[few.clone(), many].concat()).unwrap(), expected);
        assert_eq!(expectation(&few[1..]), None);
    }

    #[test]
    fn deceiving_characters_become_visible() {
        assert_eq!(visible("a\x1b[2Jb\u{202e}4pm.exe\n"), "a\u{fffd}[2Jb\u{fffd}4pm.exe\u{fffd}");
        assert_eq!(visible("Überfall 東京.mp4"), "Überfall 東京.mp4");
    }
}

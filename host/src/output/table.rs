//! The table that a terminal shows: one line per asset.

use std::time::Duration;

use console::Style;
use unicode_width::UnicodeWidthStr;
use veritag_abi::{ModelId, Verdict};

use super::Counts;
use crate::assessment::{Assessment, times, wording};

const VERDICT: usize = 12;
const SCORE: usize = 5;
const REASON: usize = 26;
const TIME: usize = 8;
/// The path keeps this much before the reason gives way to it.
const PATH: usize = 20;

/// The names of the columns, for a terminal `width` cells wide.
pub fn header(width: usize) -> String {
    row(["verdict", "score", "reason", "time", "path"], width).concat()
}

/// One asset in at most `width` cells (and never fewer than 40); `colour` adds ANSI colours.
pub fn line(assessment: &Assessment, width: usize, colour: bool) -> String {
    let score = assessment.score.map(wording::score).unwrap_or_default();
    let reason = assessment.reason.map(wording::reason);
    let time = times::lasting(assessment.elapsed_ms);
    let path = wording::visible(&assessment.asset.path);
    let verdict = wording::verdict_name(assessment.verdict);
    let [verdict, rest] = row([verdict, &score, reason.unwrap_or_default(), &time, &path], width);
    format!("{}{rest}", style(assessment.verdict).force_styling(colour).apply_to(verdict))
}

/// The closing line: `12 assets: 2 fake, 1 unsure, 6 real, 3 not assessed, in 14.2 s by lite0-frame 1.3.0`.
pub fn footer(assessments: &[Assessment], elapsed: Duration, model: &ModelId) -> String {
    let counts: Counts = assessments.iter().map(|a| a.verdict).collect();
    let total = counts.total();
    let assets = if total == 1 { "asset" } else { "assets" };
    let tallies = counts.each().map(|(verdict, number)| format!("{number} {}", wording::verdict_name(verdict)));
    let time = times::lasting(elapsed.as_millis() as u64);
    let by = wording::visible(&model.to_string());
    format!("{total} {assets}: {}, in {time} by {by}", tallies.join(", "))
}

/// The verdict's cell and the rest of the line.
fn row([verdict, score, reason, time, path]: [&str; 5], width: usize) -> [String; 2] {
    let others = VERDICT + SCORE + TIME + 3 * 2;
    let spare = width.max(40) - others;
    let reason = match spare.saturating_sub(PATH + 2).min(REASON) {
        0..8 => String::new(),
        room => format!("{:room$}  ", keep_start(reason, room)),
    };
    let path = keep_end(path, spare - reason.width());
    let rest = format!("  {score:>SCORE$}  {reason}{time:>TIME$}  {path}");
    [format!("{verdict:VERDICT$}"), rest.trim_end().to_owned()]
}

fn keep_start(text: &str, room: usize) -> String {
    match text.char_indices().nth(room) {
        None => text.to_owned(),
        Some(_) => text.chars().take(room - 1).chain(['…']).collect(),
    }
}

/// As much of the end as fits into `room` cells: that is where a path tells assets apart.
fn keep_end(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut ends = text.char_indices().map(|(at, _)| &text[at..]);
    let end = ends.find(|end| end.width() < room && starts_visibly(end));
    format!("…{}", end.unwrap_or_default())
}

fn starts_visibly(text: &str) -> bool {
    let mut buffer = [0; 4];
    let first = text.chars().next();
    first.is_some_and(|first| first.encode_utf8(&mut buffer).width() > 0)
}

/// Colours that stay apart for colour-blind eyes; the words carry the meaning.
fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Fake => Style::new().bold().red(),
        Verdict::Unsure => Style::new().yellow(),
        Verdict::Real => Style::new().cyan(),
        Verdict::NotAssessed => Style::new().dim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::examples;
    use proptest::prelude::*;

    fn named(path: &str) -> Assessment {
        let mut assessment = examples::blurred();
        assessment.asset.path = path.into();
        assessment
    }

    proptest! {
        #[test]
        fn no_path_breaks_the_line(path in "(\\PC|[é東🎬\u{301}\u{1b}]){0,60}", width in 40usize..160) {
            let line = line(&named(&path), width, false);
            prop_assert!(line.width() <= width, "{} > {width}: {line}", line.width());
            prop_assert!(!line.contains('\x1b'));
        }
    }

    #[test]
    fn every_reason_fits_its_column() {
        assert!(veritag_abi::Reason::ALL.iter().all(|reason| wording::reason(*reason).len() <= REASON));
    }

    #[test]
    fn columns_align_whatever_the_path() {
        let at = |path: &str| {
            let line = line(&named(path), 80, false);
            line[..line.find("0.4 s").unwrap()].width()
        };
        assert_eq!(at("a.mp4"), at("日本語の非常に長い名前のビデオファイル東京大阪.mp4"));
        let long = line(&named("日本語の非常に長い名前のビデオファイル東京大阪.mp4"), 80, false);
        assert!(long.ends_with("東京大阪.mp4") && long.contains('…') && (79..=80).contains(&long.width()));
    }

    #[test]
    fn the_whole_table_reads_well() {
        let rows = [examples::fake(), examples::real(), examples::no_face(), examples::image()];
        let lines = rows.iter().map(|row| line(row, 80, false));
        let table: Vec<String> = [header(80)].into_iter().chain(lines).collect();
        let expected = "\
verdict       score  reason                          time  path
fake           0.93                                 2.3 s  news/clip.mp4
real           0.12                                 2.3 s  news/clip.mp4
not assessed         no face was found              2.3 s  news/clip.mp4
fake          >0.99                                 0.2 s  portrait.jpg";
        assert_eq!(table.join("\n"), expected);
    }

    #[test]
    fn narrow_terminals_lose_the_reason_before_the_path() {
        let line = line(&examples::no_face(), 52, false);
        assert_eq!(line, "not assessed            2.3 s  news/clip.mp4");
    }

    #[test]
    fn colours_only_when_asked() {
        assert!(line(&examples::fake(), 80, true).starts_with("\x1b[31m\x1b[1mfake        \x1b[0m"));
        assert!(!line(&examples::fake(), 80, false).contains('\x1b'));
    }

    #[test]
    fn the_footer_counts() {
        use examples::{failed, fake, no_face, real};
        let model = fake().model.unwrap();
        let footer = |all: &[Assessment]| footer(all, Duration::from_millis(14_200), &model);
        let expected = "5 assets: 2 fake, 0 unsure, 1 real, 2 not assessed, in 14.2 s by resnext50-lstm 1.0.0";
        assert_eq!(footer(&[fake(), real(), no_face(), failed(), fake()]), expected);
        assert!(footer(&[real()]).starts_with("1 asset: 0 fake"));
    }
}

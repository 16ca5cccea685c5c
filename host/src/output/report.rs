//! The report of a run: one page that needs nothing but itself.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use maud::{Markup, html};

use super::{Counts, Entry, article::article, badge::class, legend, page::page, summary};
use crate::assessment::{times, wording};
use crate::files::{FileError, check_writable};

const PAGE: &[u8] = b"<!doctype html>";

/// Says early that a report cannot be written to `path`, or may not be: `--report *.jpg` names a picture.
///
/// # Errors
/// [`FileError::Unwritable`]; [`FileError::NotReport`] where a file holds anything but a page.
pub fn check(path: &Path) -> Result<(), FileError> {
    check_writable(path)?;
    let mut start = Vec::new();
    if path.is_file() {
        let file = File::open(path).map_err(FileError::unwritable(path))?;
        file.take(PAGE.len() as u64).read_to_end(&mut start).map_err(FileError::unwritable(path))?;
    }
    let free = start.is_empty() || start.eq_ignore_ascii_case(PAGE);
    if free { Ok(()) } else { Err(FileError::NotReport { path: path.to_owned() }) }
}

/// The whole page, assets in the order given.
pub fn html(entries: &[Entry]) -> String {
    let title = title(entries.len());
    let body = html! {
        body {
            (legend::patterns())
            (masthead(&title, entries))
            main {
                (summary::summary(entries))
                (legend::legend())
                @for (nth, entry) in entries.iter().enumerate() { (article(nth, entry)) }
            }
        }
    };
    page(&title, "", body)
}

fn title(assets: usize) -> String {
    let plural = if assets == 1 { "asset" } else { "assets" };
    format!("Automated check of {assets} {plural}")
}

fn masthead(title: &str, entries: &[Entry]) -> Markup {
    let counts: Counts = entries.iter().map(|entry| entry.assessment.verdict).collect();
    html! {
        header.masthead id="top" {
            p.kicker { "Veritag report" }
            h1 { (title) }
            p.quiet { (about(entries).join(" · ")) }
            dl.counts {
                @for (verdict, number) in counts.each() {
                    div class=(class(verdict)) { dt { (wording::verdict(verdict)) } dd { (number) } }
                }
            }
        }
    }
}

/// When, by which models, by which program: each once.
fn about(entries: &[Entry]) -> Vec<String> {
    let assessments = || entries.iter().map(|entry| &entry.assessment);
    let whens = assessments().map(|a| a.assessed_at.as_str());
    let (first, last) = (whens.clone().min(), whens.max());
    let mut about: Vec<String> = [first, last].into_iter().flatten().map(times::when).collect();
    let models = assessments().filter_map(|a| a.model.as_ref());
    about.extend(models.map(|model| format!("model {model}")));
    about.extend(assessments().map(|a| format!("veritag {}", a.veritag)));
    let mut seen = std::collections::HashSet::new();
    about.retain(|item| seen.insert(item.clone()));
    about
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::{Assessment, examples};
    use crate::output::Thumbnail;

    fn page(assessments: impl IntoIterator<Item = Assessment>) -> String {
        let entry = |assessment| Entry { assessment, thumbnails: vec![] };
        html(&assessments.into_iter().map(entry).collect::<Vec<_>>())
    }

    #[test]
    fn hostile_names_stay_text() {
        let mut assessment = examples::failed();
        assessment.asset.path = "a/<script>alert(1)</script>\"'&\u{202e}.mp4".into();
        assessment.error.as_mut().unwrap().message = "<img src=x onerror=alert(1)>".into();
        let page = page([assessment]);
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains('\u{202e}'));
        assert!(page.contains("script&gt;&quot;'&amp;\u{fffd}.mp4"));
    }

    #[test]
    fn names_of_other_scripts_are_kept() {
        let mut assessment = examples::real();
        assessment.asset.path = "日本/Straße é.mp4".into();
        let page = page([assessment]);
        assert!(page.contains("Straße é.mp4") && page.contains("日本/"));
    }

    #[test]
    fn the_page_asks_nothing_of_the_network() {
        let page = page([examples::fake(), examples::image(), examples::failed()]);
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("url(h"));
        assert!(!page.contains("<script") && page.contains("default-src 'none'"));
    }

    #[test]
    fn every_asset_is_linked_counted_and_in_order() {
        let page = page([examples::real(), examples::fake(), examples::no_face(), examples::unsure()]);
        for nth in 1..=4 {
            assert!(page.contains(&format!("href=\"#asset-{nth}\"")));
            assert!(page.contains(&format!("<article id=\"asset-{nth}\"")));
        }
        assert!(page.contains("<dt>likely fake</dt><dd>1</dd>"));
        let (real, fake) =
            (page.find("<article id=\"asset-1\" class=\"real\""), page.find("<article id=\"asset-2\" class=\"fake\""));
        assert!(real.is_some() && real < fake);
    }

    #[test]
    fn a_face_shows_its_picture_its_score_and_why_not() {
        let picture = Thumbnail {
            window: 1,
            face: 0,
            jpeg: vec![0xff, 0xd8],
            width: 100,
            height: 50,
            bbox: [0.25, 0.25, 0.5, 0.5],
        };
        let page = html(&[Entry { assessment: examples::blurred(), thumbnails: vec![picture] }]);
        assert!(page.contains("data:image/jpeg;base64,/9g="));
        assert!(page.contains(r#"x="25" y="12.5" width="50" height="25""#));
        assert_eq!(page.matches("<p>the face is too blurred</p>").count(), 3);
    }
}

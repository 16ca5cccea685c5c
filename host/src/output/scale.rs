//! Where times lie on the plot of a video.

use veritag_abi::WindowScore;

use crate::assessment::{Assessment, times};

/// A window of a long video still shows: no bar is narrower than this share of the plot.
const THINNEST: f64 = 0.006;
/// Steps between times on the axis, in tenths of a second.
const STEPS: [u64; 18] =
    [1, 2, 5, 10, 20, 50, 100, 150, 300, 600, 1200, 3000, 6000, 9000, 18_000, 36_000, 72_000, 216_000];

/// A stretch of the plot's width, in fractions of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    pub x: f64,
    pub width: f64,
}

/// The scale of time: the duration, or the end of the last window where that is later.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    pub duration_us: u64,
}

impl Scale {
    /// None where there is no duration, or nothing to draw.
    pub fn of(assessment: &Assessment) -> Option<Self> {
        let duration = assessment.asset.media.as_ref()?.duration_us?;
        let ends = assessment.windows.iter().map(|window| window.end_us);
        let gap_ends = assessment.gaps.iter().map(|gap| gap.end_us);
        let duration_us = ends.chain(gap_ends).fold(duration, u64::max);
        let shows = !(assessment.windows.is_empty() && assessment.gaps.is_empty());
        (shows && duration_us > 0).then_some(Self { duration_us })
    }

    /// Where a time lies, as a fraction of the width.
    pub fn at(self, us: u64) -> f64 {
        us as f64 / self.duration_us as f64
    }

    pub fn stretch(self, start_us: u64, end_us: u64) -> Stretch {
        Stretch { x: self.at(start_us), width: self.at(end_us.max(start_us)) - self.at(start_us) }
    }

    /// Where a window's bar stands, wide enough to be seen.
    pub fn bar(self, window: &WindowScore) -> Stretch {
        let exact = self.stretch(window.start_us, window.end_us);
        let width = exact.width.max(THINNEST);
        Stretch { x: exact.x.min(1.0 - width), width }
    }

    /// Up to five times to write on the axis, clear of the end, which is always written.
    pub fn ticks(self) -> impl Iterator<Item = u64> {
        let fits = |step: &u64| self.duration_us / (step * 100_000) < 5;
        let step = STEPS.into_iter().find(fits).map_or(self.duration_us, |step| step * 100_000);
        (0..5).map(move |nth| nth * step).take_while(move |us| self.at(*us) < 0.86)
    }

    /// A time as the axis writes it.
    pub fn label(self, us: u64) -> String {
        match self.duration_us < 10_000_000 {
            true => times::fine_clock(us),
            false => times::clock(us),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::examples;
    use proptest::prelude::*;
    use veritag_abi::Verdict;

    /// A video with windows at any places and of any lengths, in order of time.
    fn video(duration_us: u64, mut cuts: Vec<u64>) -> Assessment {
        cuts.sort_unstable();
        let windows = cuts.as_chunks::<2>().0;
        let windows = windows.iter().map(|[start, end]| examples::window(*start, *end, 20, Some(0.5), None));
        let mut assessment = examples::blank("v.mp4", examples::facts("video", "mp4", Some(duration_us)));
        let analysis = examples::analysis(Verdict::Unsure, None, Some(0.5), windows.collect());
        assessment.conclude(analysis, Some(duration_us));
        assessment
    }

    proptest! {
        #[test]
        fn bars_lie_inside_and_gaps_and_windows_cover_the_duration(
            duration in 1u64..20_000_000_000,
            cuts in prop::collection::vec(0u64..20_000_000_000, 0..20),
        ) {
            let video = video(duration, cuts);
            let Some(scale) = Scale::of(&video) else { return Ok(()) };
            for bar in video.windows.iter().map(|window| scale.bar(window)) {
                prop_assert!(bar.x >= 0.0 && bar.x + bar.width <= 1.0 + 1e-9 && bar.width >= THINNEST);
            }
            let windows = video.windows.iter().map(|w| scale.stretch(w.start_us, w.end_us));
            let gaps = video.gaps.iter().map(|g| scale.stretch(g.start_us, g.end_us));
            let covered: f64 = windows.chain(gaps).map(|stretch| stretch.width).sum();
            prop_assert!((covered - 1.0).abs() < 1e-9, "{covered}");
        }

        #[test]
        fn the_axis_is_neither_empty_nor_crowded(duration_us in 1u64..500_000_000_000) {
            let ticks: Vec<u64> = Scale { duration_us }.ticks().collect();
            prop_assert!((1..=5).contains(&ticks.len()), "{ticks:?}");
        }
    }
}

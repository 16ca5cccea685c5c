//! Chooses where in a video to look.

/// Assumed when the file does not say, in frames per second.
const USUAL_RATE: f64 = 25.0;
const SECOND: f64 = 1e6;

/// Which frames, and how large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From the beginning of the file, in µs.
    pub start_us: u64,
    /// At most this many consecutive frames, at least 1.
    pub frames: u32,
    /// Longest side of a decoded frame; smaller ones are not enlarged.
    pub max_side: u32,
}

/// Start times in µs of at most `windows` windows of `frames` frames, of media that lasts from one time to the other.
///
/// The duration is cut into equal parts and each window lies in the middle of its part, so that windows
/// neither overlap nor reach past the end, and the first and last seconds, so often black, weigh less.
/// Short media gets fewer windows, at least one. With no known end there is one window, at its beginning.
pub fn starts(
    (begin_us, end_us): (u64, Option<u64>),
    frame_rate: Option<f64>,
    windows: usize,
    frames: usize,
) -> Vec<u64> {
    if windows == 0 {
        return Vec::new();
    }
    let Some(end_us) = end_us else { return vec![begin_us] };
    let duration = end_us.saturating_sub(begin_us);
    let span = span_us(frame_rate, frames);
    let fitting = usize::try_from(duration / span).unwrap_or(usize::MAX);
    let count = windows.min(fitting).max(1) as u64;
    let part = duration / count;
    (0..count).map(|i| begin_us + i * part + part.saturating_sub(span) / 2).collect()
}

/// The length of one window in µs, at least 1.
pub fn span_us(frame_rate: Option<f64>, frames: usize) -> u64 {
    let rate = frame_rate.filter(|rate| rate.is_finite() && *rate > 0.0).unwrap_or(USUAL_RATE);
    ((frames as f64 * SECOND / rate).ceil() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spreads_over_the_whole() {
        assert_eq!(starts((0, Some(8_000_000)), Some(25.0), 4, 20), [600_000, 2_600_000, 4_600_000, 6_600_000]);
    }

    #[test]
    fn short_media_gets_fewer_windows() {
        assert_eq!(starts((9, Some(8_000_009)), Some(25.0), 4, 20)[0], 600_009);
        assert_eq!(starts((0, Some(1_700_000)), Some(25.0), 4, 20), [25_000, 875_000]);
        assert_eq!(starts((0, Some(40_000)), Some(25.0), 4, 20), [0]);
        assert_eq!(starts((0, Some(0)), None, 4, 20), [0]);
        assert_eq!(starts((0, None), Some(25.0), 4, 20), [0]);
    }

    proptest! {
        #[test]
        fn windows_are_ordered_apart_and_inside(
            duration in 0u64..200_000_000_000,
            rate in prop::option::of(prop_oneof![0.01f64..300.0, any::<f64>()]),
            windows in 1usize..200,
            frames in 1usize..64,
        ) {
            let starts = starts((0, Some(duration)), rate, windows, frames);
            let span = span_us(rate, frames);
            prop_assert!((1..=windows).contains(&starts.len()));
            prop_assert!(starts.windows(2).all(|pair| pair[0].saturating_add(span) <= pair[1]));
            let last = starts[starts.len() - 1];
            prop_assert!(last.saturating_add(span) <= duration || starts == [0]);
        }
    }
}

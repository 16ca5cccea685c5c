//! Times and durations as people read them.

/// A point of time in a medium: `00:14`, from an hour on `1:02:03`.
pub fn clock(us: u64) -> String {
    let seconds = us.saturating_add(500_000) / 1_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A point of time to a tenth of a second: `00:14.3`.
pub fn fine_clock(us: u64) -> String {
    let tenths = us.saturating_add(50_000) / 100_000;
    format!("{}.{}", clock(tenths / 10 * 1_000_000), tenths % 10)
}

/// From one time to another, in tenths of a second where whole seconds would tell little.
pub fn span(start_us: u64, end_us: u64) -> String {
    match end_us.saturating_sub(start_us) < 5_000_000 {
        true => format!("{}–{}", fine_clock(start_us), fine_clock(end_us)),
        false => format!("{}–{}", clock(start_us), clock(end_us)),
    }
}

/// How long something took or lasts: `0.9 s`, `12.1 min`, `3.0 h`.
pub fn lasting(ms: u64) -> String {
    let seconds = ms as f64 / 1000.0;
    match ms {
        0..599_950 => format!("{seconds:.1} s"),
        599_950..7_197_000 => format!("{:.1} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

/// An RFC 3339 time in UTC to the minute, `2026-11-23 02:08 UTC`; anything else stays as it is.
pub fn when(rfc3339: &str) -> String {
    match (rfc3339.get(..10), rfc3339.get(10..11), rfc3339.get(11..16)) {
        (Some(date), Some("T"), Some(time)) if rfc3339.ends_with('Z') => {
            format!("{date} {time} UTC")
        }
        _ => rfc3339.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_round_to_the_nearest() {
        assert_eq!(clock(13_960_000), "00:14");
        assert_eq!(clock(3_723_000_000), "1:02:03");
        assert_eq!(fine_clock(59_960_000), "01:00.0");
        assert_eq!(fine_clock(8_640_000), "00:08.6");
    }

    #[test]
    fn short_spans_keep_their_tenths() {
        assert_eq!(span(0, 14_000_000), "00:00–00:14");
        assert_eq!(span(200_000, 1_000_000), "00:00.2–00:01.0");
    }

    #[test]
    fn lasting_fits_its_column() {
        assert_eq!(lasting(870), "0.9 s");
        assert_eq!(lasting(14_200), "14.2 s");
        assert_eq!(lasting(599_949), "599.9 s");
        assert_eq!(lasting(599_950), "10.0 min");
        assert_eq!(lasting(10_800_000), "3.0 h");
    }

    #[test]
    fn when_leaves_what_it_does_not_know() {
        assert_eq!(when("2026-11-23T02:08:01Z"), "2026-11-23 02:08 UTC");
        assert_eq!(when("yesterday"), "yesterday");
        assert_eq!(when("é–—é"), "é–—é");
    }
}

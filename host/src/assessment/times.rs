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

/// How long ago an RFC 3339 time was, in its largest unit: `just now`, `5 min ago`, `3 h ago`, `12 days ago`; anything else
/// stays as it is.
pub fn ago(rfc3339: &str, now: jiff::Timestamp) -> String {
    let Ok(then) = rfc3339.parse::<jiff::Timestamp>() else { return rfc3339.to_owned() };
    let seconds = now.duration_since(then).as_secs().max(0);
    match seconds {
        0..60 => "just now".into(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
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

    #[test]
    fn ages_are_in_their_largest_unit() {
        let now: jiff::Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        let ago = |time: &str| ago(time, now);
        assert_eq!(ago("2026-11-27T11:59:30Z"), "just now");
        assert_eq!(ago("2026-11-27T11:55:00Z"), "5 min ago");
        assert_eq!(ago("2026-11-26T11:00:00Z"), "25 h ago");
        assert_eq!(ago("2026-11-15T12:00:00Z"), "12 days ago");
        assert_eq!(ago("2027-01-01T00:00:00Z"), "just now", "by a clock that is ahead");
        assert_eq!(ago("x"), "x");
    }
}

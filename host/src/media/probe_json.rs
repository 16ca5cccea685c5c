//! The parts of `ffprobe -of json` that [`super::probe`] reads. Every fact may be missing.

use serde::Deserialize;
use std::collections::HashMap;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Report {
    pub format: Format,
    pub streams: Vec<Stream>,
    pub packets_and_frames: Vec<Item>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Format {
    pub format_name: String,
    pub start_time: Option<String>,
    pub duration: Option<String>,
    pub tags: HashMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Stream {
    pub index: u32,
    pub codec_type: String,
    pub codec_name: Option<String>,
    pub width: u32,
    pub height: u32,
    pub sample_aspect_ratio: Option<String>,
    pub pix_fmt: Option<String>,
    pub color_transfer: Option<String>,
    pub avg_frame_rate: Option<String>,
    pub r_frame_rate: Option<String>,
    pub start_time: Option<String>,
    pub duration: Option<String>,
    pub disposition: HashMap<String, u8>,
    pub tags: HashMap<String, String>,
    pub side_data_list: Vec<SideData>,
}

/// A packet or a frame: the first two of the video streams.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Item {
    #[serde(rename = "type")]
    pub kind: String,
    pub stream_index: u32,
    pub side_data_list: Vec<SideData>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SideData {
    /// Degrees, anticlockwise.
    pub rotation: Option<f64>,
}

impl Stream {
    /// Moving or still pictures that are the content, not its cover, its thumbnails, or parts of another picture.
    pub fn is_content(&self) -> bool {
        self.codec_type == "video"
            && !["attached_pic", "timed_thumbnails", "dependent"].iter().any(|name| self.is(name))
    }

    /// Width over height of one pixel; extreme ratios are taken for mistakes.
    pub fn pixel_aspect(&self) -> f64 {
        let ratio = self.sample_aspect_ratio.as_deref().and_then(|text| ratio(text, ':'));
        ratio.filter(|r| (0.25..=4.0).contains(r)).unwrap_or(1.0)
    }

    pub fn is_default(&self) -> bool {
        self.is("default")
    }

    fn is(&self, disposition: &str) -> bool {
        self.disposition.get(disposition).is_some_and(|set| *set != 0)
    }

    /// Rates above any camera's are clocks, not rates.
    pub fn frame_rate(&self) -> Option<f64> {
        let rate =
            |text: &Option<String>| text.as_deref().and_then(|text| ratio(text, '/')).filter(|rate| *rate < 1000.0);
        rate(&self.avg_frame_rate).or_else(|| rate(&self.r_frame_rate))
    }

    /// In µs; Matroska keeps it in a tag.
    pub fn duration_us(&self) -> Option<u64> {
        let tag = self.tags.get("DURATION").and_then(|text| clock_us(text));
        self.duration.as_deref().and_then(seconds_us).or(tag)
    }
}

/// A positive, finite quotient.
fn ratio(text: &str, sign: char) -> Option<f64> {
    let (over, under) = text.split_once(sign)?;
    let ratio = over.parse::<f64>().ok()? / under.parse::<f64>().ok()?;
    (ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

/// `"-1.400000"` → −1 400 000
pub fn time_us(text: &str) -> Option<i64> {
    text.parse::<f64>().ok().filter(|seconds| seconds.is_finite()).map(|seconds| (seconds * 1e6).round() as i64)
}

/// `"8.040000"` → 8 040 000; nothing for zero, which means unknown.
pub fn seconds_us(text: &str) -> Option<u64> {
    let us = text.parse::<f64>().ok()? * 1e6;
    (us.is_finite() && us >= 1.0).then_some(us.round() as u64)
}

/// `"00:00:08.040000000"` → 8 040 000
fn clock_us(text: &str) -> Option<u64> {
    let mut parts = text.splitn(3, ':');
    let (hours, minutes) = (parts.next()?.parse::<u32>().ok()?, parts.next()?.parse::<u32>().ok()?);
    let seconds = seconds_us(parts.next()?).unwrap_or(0);
    let us = (u64::from(hours) * 3600 + u64::from(minutes) * 60) * 1_000_000 + seconds;
    (us > 0).then_some(us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations() {
        assert_eq!(seconds_us("8.040000"), Some(8_040_000));
        assert_eq!([seconds_us("0.000000"), seconds_us("N/A"), seconds_us("-3"), seconds_us("inf")], [None; 4]);
        assert_eq!(clock_us("01:02:03.500000000"), Some(3_723_500_000));
        assert_eq!([clock_us(""), clock_us("1:2"), clock_us("00:00:00.000")], [None; 3]);
    }

    #[test]
    fn reads_ratios() {
        assert_eq!(ratio("30000/1001", '/').map(|r| (r * 100.0) as u32), Some(2997));
        assert_eq!([ratio("0/0", '/'), ratio("1/0", '/'), ratio("0:1", ':'), ratio("", ':')], [None; 4]);
    }
}

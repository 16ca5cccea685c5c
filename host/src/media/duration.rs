//! How long a video is whose container does not say: recordings of browsers, cut streams.

use super::{error::MediaError, limits::Limits, source};
use crate::tools::{INPUT, Running, Tools};
use std::{path::Path, process::Command, time::Instant};

const MAX_PROGRESS: u64 = 4 << 20;

/// Reads all packets of a stream, decoding none; gives the time of the last, in µs, or none where ffmpeg cannot tell.
///
/// # Errors
/// Those of opening the file; `ffmpeg-timeout` at the deadline.
pub fn measure(
    tools: &Tools,
    limits: &Limits,
    path: &Path,
    stream: u32,
    deadline: Instant,
) -> Result<Option<u64>, MediaError> {
    let mut command = Command::new(&tools.ffmpeg);
    source::read_from(&mut command, source::open(path, limits)?, limits)
        .args(["-nostdin", "-nostats", "-progress", "pipe:1", "-copyts", "-start_at_zero", "-i", INPUT])
        .args(["-map", &format!("0:{stream}"), "-c", "copy", "-f", "null", "-"]);
    let ended = Running::start(&mut command, deadline)?.capture(MAX_PROGRESS)?;
    Ok(last_time(&String::from_utf8_lossy(&ended.stdout)))
}

fn last_time(progress: &str) -> Option<u64> {
    let times = progress.lines().filter_map(|line| line.strip_prefix("out_time_us="));
    times.filter_map(|time| time.trim().parse().ok()).next_back().filter(|time| *time > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_last_time_that_ffmpeg_knew() {
        let progress = "frame=1\nout_time_us=N/A\nprogress=continue\nout_time_us=2960000\nout_time=00\nprogress=end\n";
        assert_eq!(last_time(progress), Some(2_960_000));
        assert_eq!([last_time(""), last_time("out_time_us=N/A\n"), last_time("out_time_us=-5\n")], [None; 3]);
    }
}

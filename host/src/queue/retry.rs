//! When to try again what depends on other systems.

use std::time::Duration;

/// As Standard Webhooks proposes, in seconds: over three days.
const DELAYS: [u64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// How long to wait after so many failures; None when to give up.
pub fn retry_delay(failures: usize) -> Option<Duration> {
    DELAYS.get(failures).map(|seconds| Duration::from_secs(*seconds))
}

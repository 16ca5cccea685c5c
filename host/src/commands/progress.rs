//! How far long work has come: a bar where somebody watches, else a line now and then.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle, WeakProgressBar};

const LINE_EVERY: Duration = Duration::from_secs(10);

/// A bar on standard error; where that is no terminal, a line every ten seconds until the bar is finished or dropped.
pub fn bar(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {line}, {elapsed}").expect("valid template");
    if steps == 0 {
        return ProgressBar::hidden();
    }
    let show = |state: &ProgressState, out: &mut dyn Write| {
        let _ = out.write_str(&line(state.pos(), state.len().unwrap_or_default(), state.elapsed()));
    };
    let bar = ProgressBar::new(steps as u64).with_style(style.with_key("line", show));
    if io::stderr().is_terminal() {
        bar.enable_steady_tick(Duration::from_millis(250));
    } else {
        let weak = bar.downgrade();
        thread::spawn(move || print_lines(&weak));
    }
    bar
}

fn print_lines(bar: &WeakProgressBar) {
    loop {
        thread::sleep(LINE_EVERY);
        let Some(bar) = bar.upgrade().filter(|bar| !bar.is_finished()) else { return };
        eprintln!("{}", line(bar.position(), bar.length().unwrap_or_default(), bar.elapsed()));
    }
}

/// "312 of 1200, 4 min left", at the pace of all until now: the latest steps, which indicatif goes by, may be of another
/// kind. Without the time before the first step and after the last.
fn line(done: u64, all: u64, elapsed: Duration) -> String {
    let rest = all.saturating_sub(done) as f64 / done.max(1) as f64;
    match elapsed.mul_f64(if done == 0 { 0.0 } else { rest }).as_secs() {
        0 => format!("{done} of {all}"),
        seconds @ ..60 => format!("{done} of {all}, {seconds} s left"),
        seconds @ ..3600 => format!("{done} of {all}, {} min left", seconds.div_ceil(60)),
        seconds => format!("{done} of {all}, {} h {} min left", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_is_done_and_how_long_the_rest_takes() {
        let line = |done, seconds| line(done, 1200, Duration::from_secs(seconds));
        assert_eq!(line(0, 600), "0 of 1200");
        assert_eq!(line(600, 59), "600 of 1200, 59 s left");
        assert_eq!(line(300, 80), "300 of 1200, 4 min left");
        assert_eq!(line(400, 3750), "400 of 1200, 2 h 5 min left");
        assert_eq!(line(1200, 90), "1200 of 1200");
    }
}

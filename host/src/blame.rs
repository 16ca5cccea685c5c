//! Who has to act when something fails.

/// Decides the HTTP status, whether a job is aborted, paused or retried, and the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The file is at fault: trying again cannot help.
    Uploader,
    /// The installation is at fault: a program, a setting or a permission.
    Operator,
    /// The plugin or its model is at fault.
    Plugin,
    /// The remote inference runner is at fault.
    Runner,
    /// Veritag is at fault: worth a bug report.
    Us,
}

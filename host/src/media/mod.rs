//! From a file on disk to frames: limits → [`probe`] → [`sample`] → [`decode`].
//!
//! Files are opened by us and handed to ffprobe and ffmpeg as their standard input, so a child never sees
//! a name: leading dashes, `%d` patterns, colons and bytes that are not UTF-8 cannot mean anything to it.

pub mod decode;
mod duration;
pub mod error;
mod limits;
mod nut;
mod nut_header;
pub mod probe;
mod probe_json;
pub mod sample;
pub mod source;

pub use decode::{Frames, Span, window};
pub use error::MediaError;
pub use limits::Limits;
pub use probe::{Kind, Probe, probe};

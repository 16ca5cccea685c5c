//! From a file on disk to frames: limits → [`probe`] → [`sample`] → [`window`](window()).
//!
//! Files are opened by us and handed to ffprobe and ffmpeg as their standard input, so a child never sees
//! a name: leading dashes, `%d` patterns, colons and bytes that are not UTF-8 cannot mean anything to it.

mod command;
mod decode;
pub mod error;
mod heif;
mod joined;
mod limits;
mod nut;
mod nut_header;
mod picture;
pub mod probe;
mod probe_json;
pub mod sample;
mod signature;
pub mod source;
mod tiff;
mod timeline;
mod tracks;
mod window;

pub use decode::Frames;
pub use error::MediaError;
pub use limits::Limits;
pub use probe::{Kind, Probe};
pub use sample::Span;
pub use tracks::tracks;
pub use window::window;

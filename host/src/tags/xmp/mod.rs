//! XMP sidecars: `clip.mp4.xmp`, which catalogues read, beside media that stay as they are.
//!
//! XMP is specified in ISO 16684-1. A sidecar may hold other people's work: what is not ours is kept, down to
//! properties that nobody here knows, and a keyword that was there before us is not ours.

mod name;
mod packet;
mod record;
pub mod sidecar;
mod value;

pub use packet::{Packet, PacketError};
pub use record::{is_tagged, tag, untag};

#[cfg(test)]
mod tests;

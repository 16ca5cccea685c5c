//! XMP sidecars: `clip.mp4.xmp`, which catalogues read, beside media that stay as they are.
//!
//! XMP is specified in ISO 16684-1. A sidecar may hold other people's work: what is not ours is kept, down to
//! properties that nobody here knows, and a keyword that was there before us is not ours.

mod markup;
mod name;
mod packet;
mod record;
mod sidecar;
mod value;

use packet::Packet;
use record::{create, is_tagged, review, untag, update};
pub use sidecar::Xmp;

#[cfg(test)]
mod tests;

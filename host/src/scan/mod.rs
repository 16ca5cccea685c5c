//! `veritag scan`: from paths to assessments.

pub mod parallel;
mod picture;
mod pipeline;
mod thumbnail;

pub use pipeline::{Scanned, Scanner};
pub use picture::FACE_SIDE;
pub use thumbnail::{Cut, Thumbnail};

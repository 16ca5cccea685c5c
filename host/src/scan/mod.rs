//! `veritag scan`: from paths to assessments.

pub mod parallel;
mod picture;
mod pipeline;
mod thumbnail;

pub use picture::FACE_SIDE;
pub use pipeline::{Scanned, Scanner};
pub use thumbnail::{Cut, Thumbnail};

//! `veritag scan`: from paths to assessments.

mod explain;
mod frame;
mod heat_map;
pub mod parallel;
pub mod picture;
mod pipeline;
mod thumbnail;

pub use frame::FACE_SIDE;
pub use heat_map::{CANNOT_SHOW, HeatMap};
pub use pipeline::{Scanned, Scanner};
pub use thumbnail::{Cut, Thumbnail};

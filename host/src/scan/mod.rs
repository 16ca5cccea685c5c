//! `veritag scan`: from paths to assessments.

mod explain;
mod heat_map;
pub mod parallel;
pub mod picture;
mod pipeline;
mod thumbnail;

pub use heat_map::{CANNOT_SHOW, HeatMap};
pub use pipeline::{Scanned, Scanner};
pub use thumbnail::Thumbnail;

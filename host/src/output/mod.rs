//! What people and programs read of an assessment: the terminal table, the HTML report.

mod article;
mod counts;
mod faces;
pub mod gauge;
pub mod legend;
pub mod page;
pub mod report;
mod scale;
mod summary;
pub mod table;
mod thumbnail;
mod timeline;

pub use counts::Counts;
pub use report::Entry;
pub use thumbnail::{Thumbnail, thumbnails};

//! What people and programs read of an assessment: words, the terminal table, the HTML report, the JSON Schema.

mod article;
mod counts;
pub mod evaluation;
#[cfg(test)]
pub(crate) mod examples;
mod faces;
mod gauge;
mod legend;
mod page;
pub mod report;
mod scale;
mod schema;
mod summary;
pub mod table;
mod thumbnail;
mod timeline;
mod times;
pub mod words;

pub use counts::Counts;
pub use report::Entry;
pub use schema::SCHEMA;
pub use thumbnail::{Thumbnail, thumbnails};

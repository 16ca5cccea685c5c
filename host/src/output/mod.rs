//! What people and programs read of an assessment: the terminal table, the HTML report.

mod article;
mod badge;
mod counts;
pub mod faces;
pub mod gauge;
pub mod legend;
pub mod page;
pub(crate) mod report;
mod scale;
mod summary;
pub(crate) mod table;
mod timeline;

use crate::assessment::Assessment;
use crate::scan::Thumbnail;
pub use article::facts;
pub use badge::badge;
pub use counts::Counts;
pub use page::STYLE;
pub use scale::Scale;

/// An assessment and the pictures of its faces.
#[derive(Clone, Debug)]
pub struct Entry {
    pub assessment: Assessment,
    pub thumbnails: Vec<Thumbnail>,
}

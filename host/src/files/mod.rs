//! Files on disk: which there are, whether they have changed, what they hold, and writing them in one step.

mod beside;
mod discover;
mod error;
mod hash;
mod replace;
mod version;

pub use beside::parent;
pub use discover::{ASSESSMENT_ENDING, below, expand, is_assessment, is_image, is_media, may_be_media, media};
pub use error::FileError;
pub use hash::{sha256, sha256_of};
pub use replace::{check_writable, remove, replace};
pub use version::version;

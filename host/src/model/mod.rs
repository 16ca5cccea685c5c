//! Model bundles on disk.

pub mod bundle;
pub mod library;

pub use bundle::{Bundle, ModelError};

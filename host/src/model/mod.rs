//! Model bundles on disk.

pub mod bundle;
pub mod library;
pub mod self_test;

pub use bundle::{Bundle, ModelError};

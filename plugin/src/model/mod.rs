//! The model: its parts as they arrive, and the whole that can be used.

pub mod intake;
pub mod loaded;
pub mod maps;
pub mod parts;

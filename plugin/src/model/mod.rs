//! The model: its parts as they arrive, its networks, and the whole that can be used.

pub mod intake;
pub mod loaded;
pub mod network;
pub mod parts;
mod stored;

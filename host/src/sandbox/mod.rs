//! The sandbox: the plugin under Extism, with nothing to reach but the bytes of a call.

pub mod engine;
pub mod fault;
pub mod instance;
pub mod manifest;
pub mod pool;

pub use fault::PluginError;
pub use instance::Instance;
pub use manifest::PluginManifest;
pub use pool::Pool;

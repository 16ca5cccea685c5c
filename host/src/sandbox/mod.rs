//! The sandbox: the plugin under Extism, with nothing to reach but the bytes of a call.

mod credentials;
pub mod engine;
mod fault;
mod instance;
mod manifest;
mod pool;

pub use credentials::{CredentialsEngine, CredentialsModule};
pub use fault::PluginError;
pub use instance::Instance;
pub use manifest::PluginManifest;
pub use pool::Pool;

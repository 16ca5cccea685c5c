//! The queue of what is to be done, what fills it, and the workers that empty it.

pub mod assess;
pub mod intake;
pub mod notify;
mod order;
mod queue;
mod tag;

pub use assess::Assessor;
pub use intake::{Answer, Intake, IntakeError};
pub use notify::Notifier;
pub use queue::Queue;

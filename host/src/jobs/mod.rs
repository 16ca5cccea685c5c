//! The queue of what is to be done, what fills it, and the workers that empty it.

pub mod assess;
pub mod intake;
mod queue;

pub use assess::Assessor;
pub use intake::{Answer, Intake, IntakeError};
pub use queue::{Job, Queue, Work};

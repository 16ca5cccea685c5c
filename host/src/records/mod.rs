//! The records: what was announced, what was found, what people decided, what was written where.
//!
//! Every change is one statement or part of one transaction, so that a process may be killed at any time.

mod assessments;
mod audit;
mod decisions;
mod items;
mod jobs;
mod ledger;
mod listing;
mod profiles;
mod reviews;
mod second;
mod sessions;

use crate::database::{Database, DatabaseError, Transaction};

pub use audit::{AuditEntry, AuditRecord, Tampering};
pub use decisions::Labelled;
pub use items::Item;
pub use jobs::{JobRecord, KnownLocation, Received, State};
pub use ledger::Written;
pub use listing::{Cell, Filter, Order};
pub use reviews::{Decision, ReviewRecord, Reviewed};
pub use second::{Pair, SecondReading};

#[derive(Clone, Debug)]
pub struct Records {
    database: Database,
}

impl Records {
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Begins a transaction, for the functions that take one.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn begin(&self) -> Result<Transaction, DatabaseError> {
        self.database.begin().await
    }

    /// # Errors
    /// [`DatabaseError`] when the database does not answer.
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        self.database.ping().await
    }
}

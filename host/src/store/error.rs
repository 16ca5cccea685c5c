//! What is wrong with the database.

use crate::blame::diagnose;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database: {0}")]
    Database(sqlx::Error),
    #[error("the tables of the database cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("a record is unreadable; was it changed by hand? {0}")]
    Record(String),
    #[error("the queue: {0}")]
    Queue(String),
}

diagnose! { StoreError {
    Self::Database(_) => "store-unreachable", Operator;
    Self::Migration(_) => "store-unmigrated", Operator;
    Self::Record(_) => "store-bad-record", Operator;
    Self::Queue(_) => "store-queue", Operator;
}}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => Self::Record(error.to_string()),
            other => Self::Database(other),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Record(error.to_string())
    }
}

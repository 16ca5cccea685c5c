//! What is wrong with the database.

use crate::blame::diagnose;

#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("the database: {0}")]
    Unreachable(sqlx::Error),
    #[error("the tables of the database cannot be brought up to date: {0}; does it belong to another version?")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("a record cannot be read; was it changed by hand, or by a later version? {0}")]
    Record(String),
}

diagnose! { DatabaseError {
    Self::Unreachable(_) => "database-unreachable", Operator;
    Self::Migration(_) => "database-unmigrated", Operator;
    Self::Record(_) => "database-bad-record", Operator;
}}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => Self::Record(error.to_string()),
            other => Self::Unreachable(other),
        }
    }
}

impl From<serde_json::Error> for DatabaseError {
    fn from(error: serde_json::Error) -> Self {
        Self::Record(error.to_string())
    }
}

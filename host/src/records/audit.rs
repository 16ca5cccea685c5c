//! Who did what: rows that are only ever added, each of which holds the hash of the one before.

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::Value;
use sqlx::{AnyConnection, FromRow};

use super::Records;
use crate::database::{DatabaseError, now, storable};
use crate::files::sha256;

/// Rows that are checked at a time.
const PAGE: i64 = 1000;

/// Something that a person did.
#[derive(Clone, Debug)]
pub struct AuditEntry<'a> {
    pub actor: &'a str,
    /// `review`, `undo`, `second-reading`, `profile`, `sign-in`, `sign-in-refused`.
    pub action: &'a str,
    /// The sha256 of the asset, or what else it is about.
    pub subject: &'a str,
    /// What it was before, what it is after, and why.
    pub details: Value,
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Serialize, FromRow, utoipa::ToSchema)]
pub struct AuditRecord {
    pub number: i64,
    pub at: String,
    pub actor: String,
    pub action: String,
    pub subject: String,
    /// JSON.
    pub details: String,
    /// sha256, in hex, of the JSON array of the hash before and of the other fields in this order.
    pub hash: String,
}

/// What is wrong with the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Tampering {
    #[error("row {0} is missing")]
    Missing(i64),
    #[error("row {0} is not as it was written")]
    Changed(i64),
    #[error("the log ends at row {found}, {expected} were written")]
    CutOff { found: i64, expected: i64 },
}

impl AuditRecord {
    fn hash_after(&self, before: &str) -> String {
        let Self { number, at, actor, action, subject, details, .. } = self;
        let fields = serde_json::json!([before, number, at, actor, action, subject, details]);
        sha256(fields.to_string().as_bytes())
    }
}

impl Records {
    /// Has transactions that will log wait here for each other, before they lock anything else: else two of them that
    /// decide on the same assets could wait for each other for ever.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn lock_log(connection: &mut AnyConnection) -> Result<(), DatabaseError> {
        sqlx::query("UPDATE audit_head SET number = number WHERE id = 1").execute(connection).await?;
        Ok(())
    }

    /// Adds a row in the transaction of what it tells of.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn log(connection: &mut AnyConnection, entry: AuditEntry<'_>) -> Result<(), DatabaseError> {
        // Locks the head: rows are numbered one after the other.
        let sql = "UPDATE audit_head SET number = number + 1 WHERE id = 1 RETURNING number, hash";
        let (number, before): (i64, String) = sqlx::query_as(sql).fetch_one(&mut *connection).await?;
        let mut row = AuditRecord {
            number,
            at: now(),
            actor: storable(entry.actor),
            action: entry.action.into(),
            subject: storable(entry.subject),
            details: storable(&entry.details.to_string()),
            hash: String::new(),
        };
        row.hash = row.hash_after(&before);
        let sql = "INSERT INTO audit (number, at, actor, action, subject, details, hash) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let insert = sqlx::query(sql).bind(row.number).bind(&row.at).bind(&row.actor).bind(&row.action);
        let insert = insert.bind(&row.subject).bind(&row.details).bind(&row.hash);
        insert.execute(&mut *connection).await?;
        let update = sqlx::query("UPDATE audit_head SET hash = $1 WHERE id = 1").bind(&row.hash);
        update.execute(connection).await?;
        Ok(())
    }

    /// The rows after `number`, in ascending order.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn audit_after(&self, number: i64, limit: i64) -> Result<Vec<AuditRecord>, DatabaseError> {
        let sql = "SELECT * FROM audit WHERE number > $1 ORDER BY number LIMIT $2";
        Ok(sqlx::query_as(sql).bind(number).bind(limit).fetch_all(&self.database.pool).await?)
    }

    /// The last rows, the newest first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn last_audit(&self, limit: i64) -> Result<Vec<AuditRecord>, DatabaseError> {
        let sql = "SELECT * FROM audit ORDER BY number DESC LIMIT $1";
        Ok(sqlx::query_as(sql).bind(limit).fetch_all(&self.database.pool).await?)
    }

    /// Whether the log is whole: how many rows it has, and the last hash; or what is wrong with it.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn verify_audit(&self) -> Result<Result<(i64, String), Tampering>, DatabaseError> {
        let sql = "SELECT number, hash FROM audit_head WHERE id = 1";
        let head: (i64, String) = sqlx::query_as(sql).fetch_one(&self.database.pool).await?;
        let mut last = (0, String::new());
        loop {
            let rows = self.audit_after(last.0, PAGE).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if row.number != last.0 + 1 {
                    return Ok(Err(Tampering::Missing(last.0 + 1)));
                }
                if row.hash != row.hash_after(&last.1) {
                    return Ok(Err(Tampering::Changed(row.number)));
                }
                last = (row.number, row.hash);
            }
        }
        // Rows may have been added since the head was read.
        Ok(match last.0.cmp(&head.0) {
            Ordering::Less => Err(Tampering::CutOff { found: last.0, expected: head.0 }),
            Ordering::Equal if last.1 != head.1 => Err(Tampering::Changed(last.0)),
            Ordering::Equal | Ordering::Greater => Ok(last),
        })
    }
}

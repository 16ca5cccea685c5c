//! The database of records and queue: a SQLite file, or PostgreSQL, with one SQL for both.

mod error;

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions};
use tokio::sync::watch;
use ulid::Generator;

pub use error::DatabaseError;

/// For every connection to SQLite: wait for other writers, and lose nothing when the process is killed.
const DURABLE: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                       PRAGMA foreign_keys = ON";

#[derive(Clone, Debug)]
pub struct Database {
    pub(crate) pool: AnyPool,
    pub(crate) is_sqlite: bool,
    committed: watch::Sender<()>,
}

/// A transaction, which is rolled back unless it is committed.
pub struct Transaction {
    inner: sqlx::Transaction<'static, Any>,
    committed: watch::Sender<()>,
}

impl Database {
    /// Opens `sqlite://FILE`, which is created if it does not exist, or `postgres://…`, and brings its tables up to date.
    ///
    /// # Errors
    /// [`DatabaseError`] when it cannot be opened.
    pub async fn open(url: &str) -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        let is_sqlite = url.starts_with("sqlite:");
        let pool = if is_sqlite { open_sqlite(url).await? } else { open_postgres(url).await? };
        sqlx::migrate!("./migrations").run(&pool).await?;
        Ok(Self { pool, is_sqlite, committed: watch::Sender::new(()) })
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// [`DatabaseError::Unreachable`].
    pub async fn begin(&self) -> Result<Transaction, DatabaseError> {
        // A SQLite transaction that begins with a read cannot wait for the lock when it comes to write.
        let begin = if self.is_sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" };
        Ok(Transaction { inner: self.pool.begin_with(begin).await?, committed: self.committed.clone() })
    }

    /// Changes whenever a transaction of this process has been committed.
    pub fn committed(&self) -> watch::Receiver<()> {
        self.committed.subscribe()
    }

    /// # Errors
    /// [`DatabaseError::Unreachable`].
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }
}

impl Transaction {
    /// # Errors
    /// [`DatabaseError::Unreachable`].
    pub async fn commit(self) -> Result<(), DatabaseError> {
        self.inner.commit().await?;
        self.committed.send_replace(());
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

/// The URL of a SQLite database in `file`.
pub fn sqlite_url(file: &Path) -> String {
    SqliteConnectOptions::new().filename(file).to_url_lossy().to_string()
}

async fn open_sqlite(url: &str) -> Result<AnyPool, DatabaseError> {
    let options = SqliteConnectOptions::from_str(url)?.create_if_missing(true);
    if let Some(directory) = options.get_filename().parent() {
        std::fs::create_dir_all(directory).map_err(sqlx::Error::Io)?;
    }
    let pool = AnyPoolOptions::new().max_connections(4).after_connect(|connection, _| {
        Box::pin(async move { sqlx::raw_sql(DURABLE).execute(connection).await.map(drop) })
    });
    Ok(pool.connect_with(AnyConnectOptions::from_url(&options.to_url_lossy())?).await?)
}

async fn open_postgres(url: &str) -> Result<AnyPool, DatabaseError> {
    Ok(AnyPoolOptions::new().max_connections(8).connect(url).await?)
}

/// The text as both databases keep it: PostgreSQL takes no NUL.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// A new ULID, which sorts after all that this process has made.
pub(crate) fn new_id() -> String {
    static IDS: Mutex<Generator> = Mutex::new(Generator::new());
    let mut ids = IDS.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        // Too many in one millisecond: the next one has room.
        if let Ok(id) = ids.generate() {
            return id.to_string();
        }
    }
}

/// The current time, as all records have it.
pub(crate) fn now() -> String {
    text(jiff::Timestamp::now())
}

/// The time in a while.
pub(crate) fn after(delay: Duration) -> String {
    text(jiff::Timestamp::now() + delay)
}

/// The time a while ago.
pub(crate) fn ago(age: Duration) -> String {
    text(jiff::Timestamp::now() - age)
}

fn text(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_as_they_were_made() {
        let ids: Vec<String> = (0..10_000).map(|_| new_id()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
    }
}

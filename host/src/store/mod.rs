//! The records: who said that what arrived, what was found, what people decided, what was written
//! where.
//!
//! One SQL for SQLite and PostgreSQL. Every change is one statement or one transaction, so that a process may be killed
//! between any two of them.

mod arrivals;
mod assessments;
mod error;
mod ledger;
mod reviews;

use std::path::Path;

use sqlx::AnyPool;
use sqlx::any::AnyPoolOptions;
use ulid::Ulid;

pub use arrivals::{ArrivalRecord, Known, Received, State};
pub use error::StoreError;
pub use ledger::Written;
pub use reviews::ReviewRecord;

/// What SQLite needs to be told for every connection: to wait for other writers, and to lose nothing to a kill.
const DURABLE: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                       PRAGMA foreign_keys = ON";

#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
}

impl Store {
    /// Opens `sqlite://FILE`, which is made if it is not there, or `postgres://…`, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let pool = match url.strip_prefix("sqlite://") {
            Some(file) => open_file(file).await?,
            None => AnyPoolOptions::new().max_connections(8).connect(url).await?,
        };
        sqlx::migrate!("./migrations").set_ignore_missing(true).run(&pool).await?;
        Ok(Self { pool })
    }
}

async fn open_file(file: &str) -> Result<AnyPool, StoreError> {
    if let Some(directory) = Path::new(file).parent() {
        std::fs::create_dir_all(directory).map_err(sqlx::Error::Io)?;
    }
    let options = AnyPoolOptions::new().max_connections(4).after_connect(|connection, _| {
        Box::pin(async move { sqlx::raw_sql(DURABLE).execute(connection).await.map(drop) })
    });
    Ok(options.connect(&format!("sqlite://{file}?mode=rwc")).await?)
}

fn id() -> String {
    Ulid::generate().to_string()
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

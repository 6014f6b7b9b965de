//! Searches in SQLite that end when nobody waits for them any more.

use std::time::{Duration, Instant};

use sqlx::{Sqlite, SqlitePool, pool::PoolConnection};

use crate::server::store::StoreError;

/// Instructions of SQLite between two looks at the time; some milliseconds.
pub const LOOK_EVERY: i32 = 100_000;

/// Begins to search, for as long as `patience`.
pub async fn begin(pool: &SqlitePool, patience: Duration) -> Result<PoolConnection<Sqlite>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    // Else what comes after the search would be interrupted too, as its time is over.
    connection.close_on_drop();
    let began = Instant::now();
    connection.lock_handle().await?.set_progress_handler(LOOK_EVERY, move || began.elapsed() <= patience);
    Ok(connection)
}

/// What an error of such a statement is.
pub fn failed(error: sqlx::Error) -> StoreError {
    /// `SQLITE_INTERRUPT`
    const INTERRUPTED: &str = "9";
    match error.as_database_error().and_then(|error| error.code()) {
        Some(code) if code == INTERRUPTED => StoreError::TooSlow,
        _ => StoreError::Sqlx(error),
    }
}

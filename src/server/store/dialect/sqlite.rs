//! SQLite: how its file is opened.

use std::{path::Path, time::Duration};

use rusqlite::OpenFlags;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// How long a statement waits for another process's write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Begins a transaction that is the only one to write from its first statement on: what it reads first is still true when
/// it writes.
pub const BEGIN_WRITING: &str = "BEGIN IMMEDIATE";

/// Connections of the control plane: SQLite writes one at a time anyway, and readers are quick.
const POOL_SIZE: u32 = 8;

/// Opens the pool of the control plane.
///
/// Write-ahead log with `synchronous = FULL`: readers and the writer don't wait for each other, and what was committed
/// survives a power cut.
pub async fn open(file: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    SqlitePoolOptions::new().max_connections(POOL_SIZE).connect_with(options).await
}

/// Opens a connection that reads in bulk.
pub fn open_reader(file: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let connection = rusqlite::Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Opens a connection that writes in bulk.
pub fn open_writer(file: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let connection = rusqlite::Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // 64 MiB: the unique indexes of a million users stay in memory while a file of them is written.
    connection.pragma_update(None, "cache_size", -65_536)?;
    // 64 MiB: pages of the indexes change again and again, and are copied into the file more rarely so.
    connection.pragma_update(None, "wal_autocheckpoint", 16_384)?;
    Ok(connection)
}

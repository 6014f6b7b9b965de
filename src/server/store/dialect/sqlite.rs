//! SQLite: how its file is opened.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::OpenFlags;
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::BeginWriting;

/// How long a statement waits for another process's write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Begins a transaction that is the only one to write from its first statement on: what it reads first is still true when
/// it writes.
pub const BEGIN_WRITING: &str = "BEGIN IMMEDIATE";

impl BeginWriting for SqlitePool {
    type Database = Sqlite;

    async fn begin_writing(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.begin_with(BEGIN_WRITING).await
    }

    async fn wake_workers(&self, _: &mut Transaction<'static, Sqlite>) -> Result<(), sqlx::Error> {
        // All workers are in the process that adds the job, or will find it when a server starts.
        Ok(())
    }
}

/// Connections of the control plane: SQLite writes one at a time anyway, and readers are quick.
const POOL_SIZE: u32 = 8;

/// Bytes of a page in new files. Twice SQLite's own: an import takes a tenth less work, because the indexes of many users are
/// less deep, and reading is no slower. Still larger ones would save imports as much again, but every heartbeat of a job writes
/// whole pages too.
const PAGE_BYTES: u32 = 8192;

/// Opens the pool of the control plane.
///
/// Write-ahead log with `synchronous = FULL`: readers and the writer don't wait for each other, and what was committed
/// survives a power cut.
pub async fn open(file: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .page_size(PAGE_BYTES)
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
    // 2 MB, so that a search finds the pages again that it has just read.
    connection.pragma_update(None, "cache_size", -2_000)?;
    Ok(connection)
}

/// How long opening several readers of one instant waits for whoever writes.
const SAME_INSTANT_TIMEOUT: Duration = Duration::from_secs(1);

/// Opens at most `readers` read transactions that see the same instant, and one at least.
///
/// While one connection holds the write lock, nobody commits, so all that begin to read meanwhile see the same. If someone
/// else holds that lock for long, there is a single reader.
pub fn begin_reading(file: &Path, readers: usize) -> rusqlite::Result<Vec<rusqlite::Connection>> {
    let begin = || {
        let reader = open_reader(file)?;
        // A transaction's instant is that of its first read.
        reader.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")?;
        Ok(reader)
    };
    if readers <= 1 {
        return Ok(vec![begin()?]);
    }
    let writer = rusqlite::Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    writer.busy_timeout(SAME_INSTANT_TIMEOUT)?;
    let readers = match writer.execute_batch(BEGIN_WRITING) {
        Ok(()) => readers,
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => 1,
        Err(error) => return Err(error),
    };
    let transactions = (0..readers).map(|_| begin()).collect::<rusqlite::Result<_>>()?;
    // Dropped, it gives the lock back.
    drop(writer);
    Ok(transactions)
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
    // 33 MiB, because an import promises to stay under 96 MiB for any file: pages of the indexes that don't fit come from the
    // operating system's memory, and a transaction that changes more of them writes some into the log before its end. Not less,
    // because a block of more than 32 MiB is a mapping of its own, which glibc gives back when the connection is closed.
    connection.pragma_update(None, "cache_size", -33_792)?;
    // The block that the cache had until now goes; the next page that is read makes the one of the new size.
    connection.execute_batch("PRAGMA shrink_memory")?;
    // It calls `let_others_write` instead, once a transaction.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

/// How long others can begin to write between two transactions of an import. Who waits for SQLite's lock asks for it every
/// 100 ms, and would not find a gap that is shorter.
const GAP: Duration = Duration::from_millis(120);

/// Pages in the write-ahead log from which on it is emptied: 128 MiB of them.
const MOST_PAGES: i64 = 16_384;

/// How long emptying the log waits for whoever reads or writes. Who reads for long, as an export does, keeps it from being emptied; the
/// next gap tries again.
const EMPTYING_TIMEOUT: Duration = Duration::from_millis(100);

/// Copies what is committed from the write-ahead log into the file, and takes at least [`GAP`] for it: nothing is locked
/// meanwhile, so whoever waits gets to write.
pub fn let_others_write(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    let began = Instant::now();
    if fold_log(connection)? > MOST_PAGES {
        empty_log(connection)?;
    }
    thread::sleep(GAP.saturating_sub(began.elapsed()));
    Ok(())
}

/// Copies what is committed from the write-ahead log into the file, as far as no reader needs it there. Returns how many pages the log
/// has.
pub fn fold_log(connection: &rusqlite::Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))
}

/// Empties the write-ahead log, if nobody reads from it. SQLite begins it anew by itself only if nobody does at the very moment in which
/// the next transaction writes, and all of it was copied before. On a server where there is always somebody it would grow until the disk
/// is full.
fn empty_log(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(EMPTYING_TIMEOUT)?;
    // That it could not is in the answer, and no error.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection.busy_timeout(BUSY_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_log_does_not_grow_for_as_long_as_an_import_writes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("muster.db");
        let pool = open(&file).await.unwrap();
        sqlx::query("CREATE TABLE pages (page BLOB)").execute(&pool).await.unwrap();
        let writer = open_writer(&file).unwrap();
        let write = || {
            let pages = format!(
                "{BEGIN_WRITING}; INSERT INTO pages SELECT zeroblob({PAGE_BYTES}) FROM
                 (WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT {MOST_PAGES}) SELECT n FROM n); COMMIT"
            );
            writer.execute_batch(&pages).unwrap();
        };
        let log_bytes = || std::fs::metadata(file.with_extension("db-wal")).unwrap().len();
        let reader = open_reader(&file).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM pages").unwrap();
        write();
        let_others_write(&writer).unwrap();
        assert!(log_bytes() > 0, "the reader needs it");
        assert_eq!(reader.query_row("SELECT count(*) FROM pages", [], |row| row.get(0)), Ok(0));
        reader.execute_batch("COMMIT").unwrap();
        let_others_write(&writer).unwrap();
        assert_eq!(log_bytes(), 0);
        let timeout: i64 = writer.query_row("PRAGMA busy_timeout", [], |row| row.get(0)).unwrap();
        assert_eq!(u128::try_from(timeout).unwrap(), BUSY_TIMEOUT.as_millis());
    }
}

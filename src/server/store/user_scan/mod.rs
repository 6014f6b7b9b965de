//! Users in bulk, for exports: which rows a file is made of, and in which parts.

mod copy_rows;
mod pg_cells;
mod pg_reader;
mod postgres;
mod sqlite;

use std::collections::HashMap;

use crate::server::export::{
    ExportError,
    source::{Column, Extent, Reader, Scope, Snapshot, SourceError, UserSource, Visitor},
};

use super::{Db, Store};

use pg_reader::PgReader;
use postgres::{PgSnapshot, PgUsers};
use sqlite::{SqliteReader, SqliteSnapshot};

pub(super) use pg_cells::{PgCells, PgUser};
pub(super) use postgres::connections as pg_connections;
pub(super) use sqlite::{RowOfList, SqliteUsers};

/// Users of a part: enough that what is done once for each part does not show, few enough that a part fits in memory.
const PART_ROWS: u64 = 2_048;

/// Name and strategy of each connection, by its key.
type Connections = HashMap<i64, (String, String)>;

/// The users of a store.
#[derive(Debug, Clone)]
pub enum StoredUsers {
    /// In a SQLite file.
    Sqlite(SqliteUsers),
    /// In PostgreSQL.
    Postgres(PgUsers),
}

/// The users of one instant.
pub enum StoredSnapshot {
    /// Of a SQLite file.
    Sqlite(SqliteSnapshot),
    /// Of PostgreSQL.
    Postgres(PgSnapshot),
}

/// One of the threads that read a snapshot.
pub enum StoredReader {
    /// Steps SQLite.
    Sqlite(SqliteReader),
    /// Listens to PostgreSQL.
    Postgres(PgReader),
}

impl Store {
    /// The source that exports read users from.
    pub fn user_source(&self) -> StoredUsers {
        match &self.db {
            Db::Sqlite { file, .. } => StoredUsers::Sqlite(SqliteUsers::of(file)),
            Db::Postgres(pool) => StoredUsers::Postgres(PgUsers::of(pool)),
        }
    }
}

impl UserSource for StoredUsers {
    type Snapshot = StoredSnapshot;

    fn snapshot(
        &self,
        scope: &Scope,
        columns: &[Column],
        readers: usize,
        earlier: Option<&Extent>,
    ) -> Result<StoredSnapshot, SourceError> {
        // Who reads few users needs no more readers than there are parts.
        let most_parts = scope.limit.map_or(u64::MAX, |limit| limit.get().div_ceil(PART_ROWS));
        let readers = readers.min(usize::try_from(most_parts).unwrap_or(usize::MAX));
        Ok(match self {
            Self::Sqlite(users) => StoredSnapshot::Sqlite(users.snapshot(scope, columns, readers, earlier)?),
            Self::Postgres(users) => StoredSnapshot::Postgres(users.snapshot(scope, columns, readers, earlier)?),
        })
    }
}

impl Snapshot for StoredSnapshot {
    type Reader = StoredReader;

    fn extent(&self) -> &Extent {
        match self {
            Self::Sqlite(snapshot) => snapshot.extent(),
            Self::Postgres(snapshot) => snapshot.extent(),
        }
    }

    fn into_readers(self) -> Vec<StoredReader> {
        match self {
            Self::Sqlite(snapshot) => snapshot.into_readers().into_iter().map(StoredReader::Sqlite).collect(),
            Self::Postgres(snapshot) => snapshot.into_readers().into_iter().map(StoredReader::Postgres).collect(),
        }
    }
}

impl Reader for StoredReader {
    fn scan(&mut self, part: u64, visitor: &mut impl Visitor) -> Result<(), ExportError> {
        match self {
            Self::Sqlite(reader) => reader.scan(part, visitor),
            Self::Postgres(reader) => reader.scan(part, visitor),
        }
    }
}

/// `rows` users, whose keys go from `first` to `last`.
fn extent(rows: u64, first: i64, last: i64, filtered: bool, changes: i64) -> Extent {
    if rows == 0 {
        return Extent::empty(changes);
    }
    // Where keys have gaps, parts are wider.
    let keys_of_a_row = ((last.abs_diff(first) + 1) / rows).next_power_of_two();
    // Each part may ask the index of words for all that it finds.
    let part_rows = if filtered { PART_ROWS * 32 } else { PART_ROWS };
    Extent { rows, first, last, part_width: part_rows.saturating_mul(keys_of_a_row), changes }
}

fn column_name(column: Column) -> &'static str {
    match column {
        Column::Attribute(attribute) => attribute.name(),
        Column::ConnectionName | Column::ConnectionStrategy => "connection_seq",
    }
}

/// What a statement has to select.
fn column_names(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|&column| column_name(column)).collect();
    names.join(", ")
}

fn bad_value(column: Column, found: &'static str) -> SourceError {
    SourceError::BadValue { attribute: column_name(column), found }
}

/// Of a user's connection, what a column wants of it.
fn of_connection(column: Column, seq: i64, connections: &Connections) -> Result<&str, SourceError> {
    let (name, strategy) = connections.get(&seq).ok_or_else(|| bad_value(column, "an unknown connection"))?;
    Ok(if column == Column::ConnectionStrategy { strategy } else { name })
}

fn database_error(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SourceError {
    SourceError::Database(error.into())
}

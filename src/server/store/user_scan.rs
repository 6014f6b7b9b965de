//! Users in bulk, for exports: SQLite stepped directly, without a copy of any row.

use std::{collections::HashMap, path::PathBuf};

use rusqlite::{Connection, types::ValueRef};

use crate::{
    domain::user::UserDetails,
    server::export::{
        ExportError,
        document::Document,
        source::{Cell, Column, Row, Scope, Snapshot, SourceError, UserSource, Visitor},
    },
};

use super::{Store, dialect::sqlite};

/// The users of a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteUsers {
    file: PathBuf,
}

impl Store {
    /// The source that exports read users from.
    pub fn user_source(&self) -> SqliteUsers {
        SqliteUsers { file: self.file.clone() }
    }
}

/// An open read transaction: it sees the users of the instant in which it was begun, whatever others write.
pub struct SqliteSnapshot {
    connection: Connection,
    scope: Scope,
    columns: Vec<Column>,
    expected_rows: u64,
    /// Name and strategy of each connection, by its key.
    connections: HashMap<i64, (String, String)>,
}

impl UserSource for SqliteUsers {
    type Snapshot = SqliteSnapshot;

    fn snapshot(&self, scope: &Scope, columns: &[Column]) -> Result<SqliteSnapshot, SourceError> {
        let open = || -> rusqlite::Result<SqliteSnapshot> {
            let connection = sqlite::open_reader(&self.file)?;
            connection.execute_batch("BEGIN")?;
            // The first read fixes the instant.
            let users: i64 = match scope.connection_seq {
                None => connection.query_row("SELECT count(*) FROM users", [], |row| row.get(0))?,
                Some(seq) => {
                    connection
                        .query_row("SELECT count(*) FROM users WHERE connection_seq = ?1", [seq], |row| row.get(0))?
                }
            };
            let users = users.unsigned_abs();
            let connections = connections(&connection)?;
            Ok(SqliteSnapshot {
                connection,
                scope: *scope,
                columns: columns.to_vec(),
                expected_rows: scope.limit.map_or(users, |limit| users.min(limit.get())),
                connections,
            })
        };
        open().map_err(database_error)
    }
}

impl Snapshot for SqliteSnapshot {
    fn expected_rows(&self) -> u64 {
        self.expected_rows
    }

    fn scan(self, visitor: &mut impl Visitor) -> Result<(), ExportError> {
        let columns: Vec<_> = self.columns.iter().map(|&column| column_name(column)).collect();
        let condition = match self.scope.connection_seq {
            Some(_) => "connection_seq = ?1",
            None => "?1 IS NULL",
        };
        let sql = format!("SELECT {} FROM users WHERE {condition} ORDER BY seq LIMIT ?2", columns.join(", "));
        let limit = self.scope.limit.map_or(-1, |limit| i64::try_from(limit.get()).unwrap_or(i64::MAX));
        let mut statement = self.connection.prepare(&sql).map_err(database_error)?;
        let mut rows = statement.query((self.scope.connection_seq, limit)).map_err(database_error)?;
        while let Some(row) = rows.next().map_err(database_error)? {
            visitor.visit(&SqliteRow { row, columns: &self.columns, connections: &self.connections })?;
        }
        Ok(())
    }
}

impl SqliteUsers {
    /// One user; `None`: there is none with this id. It blocks for a moment, as a file's first page is read.
    ///
    /// # Errors
    /// When the user can't be read.
    pub fn details(&self, user_id: &str) -> Result<Option<UserDetails>, ExportError> {
        let database = sqlite::open_reader(&self.file).map_err(database_error)?;
        let connections = connections(&database).map_err(database_error)?;
        let mut document = Document::of_everything();
        let columns = document.columns().to_vec();
        let names: Vec<_> = columns.iter().map(|&column| column_name(column)).collect();
        let sql = format!("SELECT {}, connection_seq FROM users WHERE user_id = ?1", names.join(", "));
        let mut statement = database.prepare(&sql).map_err(database_error)?;
        let mut rows = statement.query([user_id]).map_err(database_error)?;
        let Some(row) = rows.next().map_err(database_error)? else { return Ok(None) };
        let connection_seq: i64 = row.get(columns.len()).map_err(database_error)?;
        document.visit(&SqliteRow { row, columns: &columns, connections: &connections })?;
        let connection = connections.get(&connection_seq).map(|(name, _)| name.clone()).unwrap_or_default();
        Ok(Some(UserDetails { connection, json: document.into_json() }))
    }
}

/// Name and strategy of each connection, by its key.
fn connections(database: &Connection) -> rusqlite::Result<HashMap<i64, (String, String)>> {
    database
        .prepare("SELECT seq, name, strategy FROM connections")?
        .query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?
        .collect()
}

fn database_error(error: rusqlite::Error) -> SourceError {
    SourceError::Database(Box::new(error))
}

fn column_name(column: Column) -> &'static str {
    match column {
        Column::Attribute(attribute) => attribute.name(),
        Column::ConnectionName | Column::ConnectionStrategy => "connection_seq",
    }
}

struct SqliteRow<'a> {
    row: &'a rusqlite::Row<'a>,
    columns: &'a [Column],
    connections: &'a HashMap<i64, (String, String)>,
}

impl SqliteRow<'_> {
    fn bad_value(&self, index: usize, found: &'static str) -> SourceError {
        SourceError::BadValue { attribute: column_name(self.columns[index]), found }
    }
}

impl Row for SqliteRow<'_> {
    fn cell(&self, index: usize) -> Result<Cell<'_>, SourceError> {
        let value = self.row.get_ref(index).map_err(database_error)?;
        let cell = match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Integer(number),
            ValueRef::Text(bytes) => {
                Cell::Text(std::str::from_utf8(bytes).map_err(|_| self.bad_value(index, "text that is not UTF-8"))?)
            }
            ValueRef::Real(_) => return Err(self.bad_value(index, "a fraction")),
            ValueRef::Blob(_) => return Err(self.bad_value(index, "binary data")),
        };
        let part: fn(&(String, String)) -> &str = match self.columns[index] {
            Column::Attribute(_) => return Ok(cell),
            Column::ConnectionName => |(name, _)| name,
            Column::ConnectionStrategy => |(_, strategy)| strategy,
        };
        let Cell::Integer(seq) = cell else { return Err(self.bad_value(index, "no connection")) };
        let connection = self.connections.get(&seq).ok_or_else(|| self.bad_value(index, "an unknown connection"))?;
        Ok(Cell::Text(part(connection)))
    }
}

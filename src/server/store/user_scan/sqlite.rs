//! Users of SQLite in bulk: stepped directly, without a copy of any row.

use std::{
    num::NonZeroU64,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{Connection, ToSql, types::ValueRef};

use crate::{
    domain::user::{Attribute, UserDetails},
    server::{
        export::{
            ExportError,
            document::Document,
            source::{Cell, Column, Extent, Reader, Row, Scope, SourceError, Visitor},
        },
        store::{
            dialect::sqlite,
            user_filter::{Dialect, Filter},
        },
    },
};

use super::{Connections, PART_ROWS, bad_value, column_names, database_error, of_connection};

/// The users of a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteUsers {
    file: PathBuf,
}

/// Open read transactions: they see the users of the instant in which they were begun, whatever others write.
pub struct SqliteSnapshot {
    transactions: Vec<Connection>,
    shared: Arc<Shared>,
}

/// What all readers of a snapshot need.
struct Shared {
    connection_seq: Option<i64>,
    filter: Option<Filter>,
    columns: Vec<Column>,
    extent: Extent,
    connections: Connections,
}

impl SqliteUsers {
    /// Those of this file.
    pub fn of(file: &Path) -> Self {
        Self { file: file.to_owned() }
    }

    /// As [`crate::server::export::source::UserSource::snapshot`].
    pub fn snapshot(
        &self,
        scope: &Scope,
        columns: &[Column],
        readers: usize,
        earlier: Option<&Extent>,
    ) -> Result<SqliteSnapshot, SourceError> {
        let filter = scope.query.as_ref().map(|query| Filter::new(query, Dialect::Sqlite, FIRST_OF_FILTER));
        let open = || {
            let transactions = sqlite::begin_reading(&self.file, readers)?;
            let filter = filter.clone();
            let extent = extent(&transactions[0], scope, filter.as_ref(), earlier)?;
            let connections = connections(&transactions[0])?;
            let connection_seq = scope.connection_seq;
            let shared = Arc::new(Shared { connection_seq, filter, columns: columns.to_vec(), extent, connections });
            Ok(SqliteSnapshot { transactions, shared })
        };
        open().map_err(|error: rusqlite::Error| database_error(error))
    }
}

impl SqliteSnapshot {
    pub fn extent(&self) -> &Extent {
        &self.shared.extent
    }

    pub fn into_readers(self) -> Vec<SqliteReader> {
        let Self { transactions, shared } = self;
        let select = shared.select();
        let reader = |transaction| SqliteReader { transaction, select: select.clone(), shared: Arc::clone(&shared) };
        transactions.into_iter().map(reader).collect()
    }
}

/// One of the threads that read a snapshot.
pub struct SqliteReader {
    transaction: Connection,
    select: String,
    shared: Arc<Shared>,
}

impl Reader for SqliteReader {
    fn scan(&mut self, part: u64, visitor: &mut impl Visitor) -> Result<(), ExportError> {
        let Shared { connection_seq, filter, columns, extent, connections } = &*self.shared;
        let (first, last) = extent.keys(part);
        let mut statement = self.transaction.prepare_cached(&self.select).map_err(database_error)?;
        let keys: [&dyn ToSql; FIRST_OF_FILTER - 1] = [&first, &last, connection_seq];
        let mut rows = statement.query(&*with_filter(keys, filter.as_ref())).map_err(database_error)?;
        while let Some(row) = rows.next().map_err(database_error)? {
            visitor.visit(&SqliteRow { row, columns, connections })?;
        }
        Ok(())
    }
}

impl Shared {
    fn select(&self) -> String {
        let columns = column_names(&self.columns);
        let condition = match self.connection_seq {
            None => "?3 IS NULL",
            // Few among many are found by the index; else the index would only be a detour to each row, and is kept out by "+".
            Some(_) if self.extent.part_width > PART_ROWS * 2 => "connection_seq = ?3",
            Some(_) => "+connection_seq = ?3",
        };
        let filter = self.filter.as_ref().map_or("TRUE", |filter| &filter.sql);
        format!("SELECT {columns} FROM users WHERE seq BETWEEN ?1 AND ?2 AND {condition} AND {filter} ORDER BY seq")
    }
}

/// Which users the open transaction has in `scope`.
fn extent(
    transaction: &Connection,
    scope: &Scope,
    filter: Option<&Filter>,
    earlier: Option<&Extent>,
) -> rusqlite::Result<Extent> {
    let (condition, changes) = match scope.connection_seq {
        None => ("?1 IS NULL", "SELECT coalesce(sum(users_changes), 0) FROM connections WHERE ?1 IS NULL"),
        Some(_) => ("connection_seq = ?1", "SELECT users_changes FROM connections WHERE seq = ?1"),
    };
    let changes: i64 = transaction.query_row(changes, [scope.connection_seq], |row| row.get(0))?;
    let found = filter.map_or("TRUE", |filter| &filter.sql);
    // How many there are up to the key `last`, and the least and the greatest of their keys; of the first `limit` alone.
    let ask = |last: i64, limit: Option<NonZeroU64>| -> rusqlite::Result<(u64, i64, i64)> {
        let range = |row: &rusqlite::Row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?, row.get(2)?));
        if scope.connection_seq.is_none() && filter.is_none() && last == i64::MAX && limit.is_none() {
            // Alone, each of them is found without a look at every row.
            let (count, first, last) = ("count(*)", "coalesce(min(seq), 0)", "coalesce(max(seq), 0)");
            let [count, first, last] = [count, first, last].map(|what| format!("(SELECT {what} FROM users)"));
            return transaction.query_row(&format!("SELECT {count}, {first}, {last}"), [], range);
        }
        let sql = format!(
            "SELECT count(*), coalesce(min(seq), 0), coalesce(max(seq), 0)
             FROM (SELECT seq FROM users WHERE {condition} AND seq <= ?2 AND {found} ORDER BY seq LIMIT ?3)"
        );
        let limit = limit.map_or(-1, |limit| i64::try_from(limit.get()).unwrap_or(i64::MAX));
        // As many as the select of the rows has: the filter's come behind them.
        let own: [&dyn ToSql; FIRST_OF_FILTER - 1] = [&scope.connection_seq, &last, &limit];
        transaction.query_row(&sql, &*with_filter(own, filter), range)
    };
    if let Some(earlier) = earlier
        && earlier.changes == changes
        && ask(earlier.last, None)?.0 == earlier.rows
    {
        return Ok(earlier.clone());
    }
    let (rows, first, last) = ask(i64::MAX, scope.limit)?;
    Ok(super::extent(rows, first, last, filter.is_some(), changes))
}

/// How rows of a list of users, outside of any export, are read.
pub struct RowOfList {
    columns: Vec<Column>,
    connections: Connections,
}

impl RowOfList {
    pub fn new(database: &Connection, columns: Vec<Column>) -> Result<Self, ExportError> {
        Ok(Self { columns, connections: connections(database).map_err(database_error)? })
    }

    /// What the statement has to select first.
    pub fn column_names(&self) -> String {
        column_names(&self.columns)
    }

    /// How many columns those are.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    pub fn row<'a>(&'a self, row: &'a rusqlite::Row<'a>) -> SqliteRow<'a> {
        SqliteRow { row, columns: &self.columns, connections: &self.connections }
    }
}

impl SqliteUsers {
    /// A connection that reads.
    pub fn open(&self) -> Result<Connection, ExportError> {
        Ok(sqlite::open_reader(&self.file).map_err(database_error)?)
    }

    /// What an error of the database is to whoever reads users.
    pub fn failed(error: rusqlite::Error) -> ExportError {
        database_error(error).into()
    }

    /// One user; `None`: there is none with this id. It blocks for a moment, as a file's first page is read.
    ///
    /// # Errors
    /// When the user can't be read.
    pub fn details(&self, user_id: &str, attributes: &[Attribute]) -> Result<Option<UserDetails>, ExportError> {
        let database = sqlite::open_reader(&self.file).map_err(database_error)?;
        let connections = connections(&database).map_err(database_error)?;
        let mut document = Document::of(attributes);
        let columns = document.columns().to_vec();
        let sql = format!("SELECT {}, connection_seq FROM users WHERE user_id = ?1", column_names(&columns));
        let mut statement = database.prepare(&sql).map_err(database_error)?;
        let mut rows = statement.query([user_id]).map_err(database_error)?;
        let Some(row) = rows.next().map_err(database_error)? else { return Ok(None) };
        let connection_seq: i64 = row.get(columns.len()).map_err(database_error)?;
        document.visit(&SqliteRow { row, columns: &columns, connections: &connections })?;
        let connection = connections.get(&connection_seq).map(|(name, _)| name.clone()).unwrap_or_default();
        Ok(Some(UserDetails { connection, json: document.take_json() }))
    }
}

/// The number of a filter's first parameter: before it there are two keys and a connection.
const FIRST_OF_FILTER: usize = 4;

/// A statement's own parameters, and then those of the filter.
fn with_filter<'p>(own: [&'p dyn ToSql; FIRST_OF_FILTER - 1], filter: Option<&'p Filter>) -> Vec<&'p dyn ToSql> {
    let filter = filter.into_iter().flat_map(|filter| &filter.parameters);
    own.into_iter().chain(filter.map(|parameter| parameter as &dyn ToSql)).collect()
}

fn connections(database: &Connection) -> rusqlite::Result<Connections> {
    database
        .prepare("SELECT seq, name, strategy FROM connections")?
        .query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?
        .collect()
}

pub struct SqliteRow<'a> {
    row: &'a rusqlite::Row<'a>,
    columns: &'a [Column],
    connections: &'a Connections,
}

impl SqliteRow<'_> {
    fn bad_value(&self, index: usize, found: &'static str) -> SourceError {
        bad_value(self.columns[index], found)
    }
}

impl Row for SqliteRow<'_> {
    #[inline]
    fn cell(&self, index: usize) -> Result<Cell<'_>, SourceError> {
        let value = self.row.get_ref(index).map_err(database_error)?;
        let cell = match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Integer(number),
            ValueRef::Text(text) => Cell::Text(text),
            ValueRef::Real(_) => return Err(self.bad_value(index, "a fraction")),
            ValueRef::Blob(_) => return Err(self.bad_value(index, "binary data")),
        };
        let column = self.columns[index];
        if matches!(column, Column::Attribute(_)) {
            return Ok(cell);
        }
        let Cell::Integer(seq) = cell else { return Err(self.bad_value(index, "no connection")) };
        Ok(Cell::Text(of_connection(column, seq, self.connections)?.as_bytes()))
    }
}

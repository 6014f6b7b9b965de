//! Users in bulk, for exports: SQLite stepped directly, without a copy of any row.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use rusqlite::{Connection, ToSql, types::ValueRef};

use crate::{
    domain::user::{Attribute, UserDetails},
    server::export::{
        ExportError,
        document::Document,
        source::{Cell, Column, Extent, Reader, Row, Scope, Snapshot, SourceError, UserSource, Visitor},
    },
};

use super::{
    Store,
    dialect::sqlite,
    user_filter::{Dialect, Filter},
};

/// Users of a part: enough that what is done once for each part does not show, few enough that a part fits in memory.
const PART_ROWS: u64 = 2_048;

/// The users of a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteUsers {
    file: PathBuf,
}

impl Store {
    /// The source that exports read users from.
    pub fn user_source(&self) -> SqliteUsers {
        SqliteUsers { file: self.file() }
    }
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

/// Name and strategy of each connection, by its key.
type Connections = HashMap<i64, (String, String)>;

impl UserSource for SqliteUsers {
    type Snapshot = SqliteSnapshot;

    fn snapshot(
        &self,
        scope: &Scope,
        columns: &[Column],
        readers: usize,
        earlier: Option<&Extent>,
    ) -> Result<SqliteSnapshot, SourceError> {
        let filter = scope.query.as_ref().map(|query| Filter::new(query, Dialect::Sqlite, FIRST_OF_FILTER));
        let most_parts = scope.limit.map_or(u64::MAX, |limit| limit.get().div_ceil(PART_ROWS));
        let readers = readers.min(usize::try_from(most_parts).unwrap_or(usize::MAX));
        let open = || {
            let transactions = sqlite::begin_reading(&self.file, readers)?;
            let filter = filter.clone();
            let extent = extent(&transactions[0], scope, filter.as_ref(), earlier)?;
            let connections = connections(&transactions[0])?;
            let connection_seq = scope.connection_seq;
            let shared = Arc::new(Shared { connection_seq, filter, columns: columns.to_vec(), extent, connections });
            Ok(SqliteSnapshot { transactions, shared })
        };
        open().map_err(database_error)
    }
}

impl Snapshot for SqliteSnapshot {
    type Reader = SqliteReader;

    fn extent(&self) -> &Extent {
        &self.shared.extent
    }

    fn into_readers(self) -> Vec<SqliteReader> {
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
        let columns: Vec<_> = self.columns.iter().map(|&column| column_name(column)).collect();
        let condition = match self.connection_seq {
            None => "?3 IS NULL",
            // Few among many are found by the index; else the index would only be a detour to each row, and is kept out by "+".
            Some(_) if self.extent.part_width > PART_ROWS * 2 => "connection_seq = ?3",
            Some(_) => "+connection_seq = ?3",
        };
        let columns = columns.join(", ");
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
    // ?3 is that of the select, which has two keys.
    let parameters = |key: &i64, sql: &str| -> rusqlite::Result<i64> {
        let own: [&dyn ToSql; FIRST_OF_FILTER - 1] = [&scope.connection_seq, key, &None::<i64>];
        transaction.query_row(sql, &*with_filter(own, filter), |row| row.get(0))
    };
    let count = |last: i64| -> rusqlite::Result<u64> {
        // Without a condition SQLite counts by pages, not by rows.
        if scope.connection_seq.is_none() && filter.is_none() && last == i64::MAX {
            let rows: i64 = transaction.query_row("SELECT count(*) FROM users", [], |row| row.get(0))?;
            return Ok(rows.unsigned_abs());
        }
        let sql = format!("SELECT count(*) FROM users WHERE {condition} AND seq <= ?2 AND ?3 IS NULL AND {found}");
        Ok(parameters(&last, &sql)?.unsigned_abs())
    };
    if let Some(earlier) = earlier
        && earlier.changes == changes
        && count(earlier.last)? == earlier.rows
    {
        return Ok(earlier.clone());
    }
    let users = count(i64::MAX)?;
    let rows = scope.limit.map_or(users, |limit| users.min(limit.get()));
    if rows == 0 {
        return Ok(Extent::empty(changes));
    }
    let key = |order: &str, offset: u64| -> rusqlite::Result<i64> {
        let sql = format!(
            "SELECT seq FROM users WHERE {condition} AND ?3 IS NULL AND {found} ORDER BY seq {order} LIMIT 1 OFFSET ?2"
        );
        parameters(&offset.cast_signed(), &sql)
    };
    let first = key("ASC", 0)?;
    let greatest = key("DESC", 0)?;
    let keys = greatest.abs_diff(first) + 1;
    let last = match users - rows {
        0 => greatest,
        // Without a gap there is no need to walk.
        _ if keys == users => first.saturating_add_unsigned(rows - 1),
        _ => key("ASC", rows - 1)?,
    };
    // Where keys have gaps, parts are wider.
    let keys_of_a_row = (keys / users).next_power_of_two();
    // Each part may ask the index of words for all that it finds.
    let part_rows = if filter.is_some() { PART_ROWS * 32 } else { PART_ROWS };
    Ok(Extent { rows, first, last, part_width: part_rows.saturating_mul(keys_of_a_row), changes })
}

/// How rows of a list of users, outside of any export, are read.
pub(super) struct RowOfList {
    columns: Vec<Column>,
    connections: Connections,
}

impl RowOfList {
    pub(super) fn new(database: &Connection, columns: Vec<Column>) -> Result<Self, ExportError> {
        Ok(Self { columns, connections: connections(database).map_err(database_error)? })
    }

    /// What the statement has to select first.
    pub(super) fn column_names(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|&column| column_name(column)).collect();
        names.join(", ")
    }

    /// How many columns those are.
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn row<'a>(&'a self, row: &'a rusqlite::Row<'a>) -> SqliteRow<'a> {
        SqliteRow { row, columns: &self.columns, connections: &self.connections }
    }
}

impl SqliteUsers {
    /// A connection that reads.
    pub(super) fn open(&self) -> Result<Connection, ExportError> {
        Ok(sqlite::open_reader(&self.file).map_err(database_error)?)
    }

    /// What an error of the database is to whoever reads users.
    pub(super) fn failed(error: rusqlite::Error) -> ExportError {
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
        let names: Vec<_> = columns.iter().map(|&column| column_name(column)).collect();
        let sql = format!("SELECT {}, connection_seq FROM users WHERE user_id = ?1", names.join(", "));
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

fn database_error(error: rusqlite::Error) -> SourceError {
    SourceError::Database(Box::new(error))
}

fn column_name(column: Column) -> &'static str {
    match column {
        Column::Attribute(attribute) => attribute.name(),
        Column::ConnectionName | Column::ConnectionStrategy => "connection_seq",
    }
}

pub(super) struct SqliteRow<'a> {
    row: &'a rusqlite::Row<'a>,
    columns: &'a [Column],
    connections: &'a Connections,
}

impl SqliteRow<'_> {
    fn bad_value(&self, index: usize, found: &'static str) -> SourceError {
        SourceError::BadValue { attribute: column_name(self.columns[index]), found }
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
        let part: fn(&(String, String)) -> &str = match self.columns[index] {
            Column::Attribute(_) => return Ok(cell),
            Column::ConnectionName => |(name, _)| name,
            Column::ConnectionStrategy => |(_, strategy)| strategy,
        };
        let Cell::Integer(seq) = cell else { return Err(self.bad_value(index, "no connection")) };
        let connection = self.connections.get(&seq).ok_or_else(|| self.bad_value(index, "an unknown connection"))?;
        Ok(Cell::Text(part(connection).as_bytes()))
    }
}

//! Lists of users for the Management API, filtered and in any order.

use std::time::{Duration, Instant};

use rusqlite::{Connection, ToSql};

use crate::{
    domain::{
        user_list::{FoundUsers, Part, UserList},
        user_query::UserQuery,
    },
    server::export::{
        ExportError,
        document::Document,
        source::{SourceError, Visitor},
    },
};

use super::{
    Db, Store, StoreError,
    dialect::sqlite_search,
    pg_user_list,
    user_filter::{Dialect, Filter},
    user_scan::{RowOfList, SqliteUsers},
};

impl Store {
    /// The users of a list; `connection_seq` keeps those of one connection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_of_users(&self, list: UserList, connection_seq: Option<i64>) -> Result<FoundUsers, StoreError> {
        let patience = self.search_patience;
        match &self.db {
            Db::Sqlite { file, .. } => {
                let source = SqliteUsers::of(file);
                in_background(move || find(&open(&source, patience)?, &list, connection_seq)).await
            }
            Db::Postgres(pool) => pg_user_list::find(pool, &list, connection_seq, patience).await,
        }
    }

    /// How many users a query finds; `connection_seq` keeps those of one connection. Counting ends one above `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_by_query(
        &self,
        query: UserQuery,
        connection_seq: Option<i64>,
        most: Option<u64>,
    ) -> Result<u64, StoreError> {
        let patience = self.search_patience;
        match &self.db {
            Db::Sqlite { file, .. } => {
                let source = SqliteUsers::of(file);
                in_background(move || count(&open(&source, patience)?, &query, connection_seq, most)).await
            }
            Db::Postgres(pool) => pg_user_list::count_by_query(pool, &query, connection_seq, most, patience).await,
        }
    }
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ExportError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) if is_interrupted(&error) => Err(StoreError::TooSlow),
        Ok(Err(error)) => Err(StoreError::Corrupt(format!("{error:?}"))),
        Err(error) => Err(StoreError::Corrupt(error.to_string())),
    }
}

/// A connection whose statements are interrupted when `patience` is over.
fn open(source: &SqliteUsers, patience: Duration) -> Result<Connection, ExportError> {
    let database = source.open()?;
    let began = Instant::now();
    database
        .progress_handler(sqlite_search::LOOK_EVERY, Some(move || began.elapsed() > patience))
        .map_err(SqliteUsers::failed)?;
    Ok(database)
}

fn is_interrupted(error: &ExportError) -> bool {
    let ExportError::Source(SourceError::Database(cause)) = error else { return false };
    let code = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
    code == Some(rusqlite::ErrorCode::OperationInterrupted)
}

/// Parameters before those of the filter: connection, place, limit and offset.
const OWN: usize = 4;

fn find(database: &Connection, list: &UserList, connection_seq: Option<i64>) -> Result<FoundUsers, ExportError> {
    let filter = Filter::new(&list.query, Dialect::Sqlite, OWN + 1);
    let (place, limit, offset, order) = match list.part {
        Part::Page { start, limit, sort } => {
            let order = match sort {
                // Whoever has the same value comes in the order of the store, so that no page repeats or skips a user.
                Some(sort) => {
                    format!("{} {}, seq", sort.attribute.name(), if sort.descending { "DESC" } else { "ASC" })
                }
                None => "seq".to_owned(),
            };
            (i64::MIN, limit, start, order)
        }
        // One more tells whether there are others.
        Part::After { place, take } => (place, take.saturating_add(1), 0, "seq".to_owned()),
    };
    let mut document = Document::of(&list.attributes);
    let columns = document.columns().to_vec();
    let row_of_list = RowOfList::new(database, columns)?;
    let sql = format!(
        "SELECT {}, seq FROM users
         WHERE (?1 IS NULL OR connection_seq = ?1) AND seq > ?2 AND {} ORDER BY {order} LIMIT ?3 OFFSET ?4",
        row_of_list.column_names(),
        filter.sql
    );
    let (limit, offset) = (to_sql_number(limit), to_sql_number(offset));
    let own: [&dyn ToSql; OWN] = [&connection_seq, &place, &limit, &offset];
    let parameters: Vec<_> = own.into_iter().chain(filter.parameters.iter().map(|value| value as &dyn ToSql)).collect();
    let mut statement = database.prepare(&sql).map_err(SqliteUsers::failed)?;
    let mut rows = statement.query(&*parameters).map_err(SqliteUsers::failed)?;
    let mut found = FoundUsers { users: Vec::new(), total: None, next: None };
    let mut last = place;
    while let Some(row) = rows.next().map_err(SqliteUsers::failed)? {
        if let Part::After { take, .. } = list.part
            && found.users.len() as u64 == take
        {
            found.next = Some(last);
            break;
        }
        last = row.get(row_of_list.len()).map_err(SqliteUsers::failed)?;
        document.visit(&row_of_list.row(row))?;
        found.users.push(document.take_json());
    }
    if list.totals {
        found.total = Some(count(database, &list.query, connection_seq, None)?);
    }
    Ok(found)
}

fn count(
    database: &Connection,
    query: &UserQuery,
    connection_seq: Option<i64>,
    most: Option<u64>,
) -> Result<u64, ExportError> {
    let filter = Filter::new(query, Dialect::Sqlite, 3);
    let limit = most.map_or(i64::MAX, |most| to_sql_number(most.saturating_add(1)));
    let own: [&dyn ToSql; 2] = [&connection_seq, &limit];
    let parameters: Vec<_> = own.into_iter().chain(filter.parameters.iter().map(|value| value as &dyn ToSql)).collect();
    let sql = if query.is_empty() {
        "SELECT coalesce(sum(users), 0) FROM connections WHERE (?1 IS NULL OR seq = ?1) AND ?2 > 0".to_owned()
    } else {
        format!(
            "SELECT count(*) FROM
                 (SELECT 1 FROM users WHERE (?1 IS NULL OR connection_seq = ?1) AND {} LIMIT ?2)",
            filter.sql
        )
    };
    let users: i64 = database.query_row(&sql, &*parameters, |row| row.get(0)).map_err(SqliteUsers::failed)?;
    Ok(users.unsigned_abs())
}

/// A number as databases have them; the greatest they have if it is too large.
pub(super) fn to_sql_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

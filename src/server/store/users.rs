//! Users, a page at a time.

use crate::domain::{
    timestamp::Timestamp,
    user::{Attribute, UserDetails, UserRow, UsersCursor, UsersPage},
    user_query::UserQuery,
    user_search::Search,
};

use sqlx::AssertSqlSafe;

use super::{
    Db, Store, StoreError,
    db::with_pool,
    dialect::{pg_search, sqlite_search},
    pg_user_list,
    user_filter::{Dialect, Filter, Parameter},
    user_scan::SqliteUsers,
    user_search::expression,
    user_vector,
};

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    user_id: String,
    name: Option<String>,
    email: Option<String>,
    username: Option<String>,
    phone_number: Option<String>,
    connection: String,
    logins_count: Option<i64>,
    last_login: Option<i64>,
}

/// What a row of the page is made of.
macro_rules! columns {
    () => {
        "SELECT users.seq, users.user_id, users.name, users.email, users.username, users.phone_number, \
         connections.name AS connection, users.logins_count, users.last_login FROM "
    };
}

/// The statement for a page: rows on one side of a place, nearest first.
///
/// A connection gets a statement of its own rather than an `OR`, so that its index is used.
macro_rules! select_users {
    ($condition:literal, $order:literal) => {
        concat!(
            columns!(),
            "users JOIN connections ON connections.seq = users.connection_seq WHERE ",
            $condition,
            " ORDER BY users.seq ",
            $order,
            " LIMIT $2"
        )
    };
}

/// The same for those that a search finds: the index has them in the order of the page, so that nothing is sorted.
macro_rules! select_found {
    ($condition:literal, $order:literal) => {
        concat!(
            columns!(),
            "user_search CROSS JOIN users ON users.seq = user_search.rowid \
             CROSS JOIN connections ON connections.seq = users.connection_seq WHERE user_search MATCH $3 AND ",
            $condition,
            " ORDER BY user_search.rowid ",
            $order,
            " LIMIT $2"
        )
    };
}

/// The same in PostgreSQL, which reads the words from the page's place on, or asks the index and sorts, whichever is less work.
macro_rules! select_found_in_postgres {
    ($condition:literal, $order:literal) => {
        concat!(
            columns!(),
            "(SELECT user_seq FROM user_search WHERE words @@ $3::tsquery AND ",
            $condition,
            " ORDER BY user_seq ",
            $order,
            " LIMIT $2) AS found JOIN users ON users.seq = found.user_seq \
             JOIN connections ON connections.seq = users.connection_seq ORDER BY users.seq ",
            $order
        )
    };
}

/// What a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    All,
    OfConnection,
    Found,
    FoundInPostgres,
}

const fn statement(kind: Kind, upwards: bool) -> &'static str {
    match (kind, upwards) {
        (Kind::All, false) => select_users!("users.seq < $1", "DESC"),
        (Kind::All, true) => select_users!("users.seq > $1", "ASC"),
        (Kind::OfConnection, false) => select_users!("users.seq < $1 AND users.connection_seq = $3", "DESC"),
        (Kind::OfConnection, true) => select_users!("users.seq > $1 AND users.connection_seq = $3", "ASC"),
        (Kind::Found, false) => select_found!("user_search.rowid < $1", "DESC"),
        (Kind::Found, true) => select_found!("user_search.rowid > $1", "ASC"),
        (Kind::FoundInPostgres, false) => select_found_in_postgres!("user_seq < $1", "DESC"),
        (Kind::FoundInPostgres, true) => select_found_in_postgres!("user_seq > $1", "ASC"),
    }
}

impl Store {
    /// One page of users, the newest first; `connection_seq` keeps those of one connection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn users_page(
        &self,
        connection_seq: Option<i64>,
        cursor: Option<UsersCursor>,
    ) -> Result<UsersPage, StoreError> {
        let (upwards, place) = direction(cursor);
        let kind = if connection_seq.is_some() { Kind::OfConnection } else { Kind::All };
        let rows: Vec<Row> = with_pool!(&self.db, pool => {
            let mut query = sqlx::query_as(statement(kind, upwards)).bind(place).bind(WANTED);
            if let Some(connection_seq) = connection_seq {
                query = query.bind(connection_seq);
            }
            query.fetch_all(pool).await
        })?;
        Ok(page(rows, cursor, self.count_users(connection_seq).await?))
    }

    /// One page of the users that a search finds, the newest first; `connection_seq` keeps those of one connection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn found_page(
        &self,
        search: &Search,
        connection_seq: Option<i64>,
        cursor: Option<UsersCursor>,
    ) -> Result<UsersPage, StoreError> {
        let total = self.count_users(connection_seq).await?;
        let (upwards, place) = direction(cursor);
        let rows: Vec<Row> = match &self.db {
            Db::Sqlite { pool, .. } => {
                let Some(expression) = expression(search, connection_seq) else {
                    return Ok(page(Vec::new(), None, total));
                };
                let query = sqlx::query_as(statement(Kind::Found, upwards));
                query.bind(place).bind(WANTED).bind(expression).fetch_all(pool).await?
            }
            Db::Postgres(pool) => {
                let Some(words) = user_vector::query(search, connection_seq) else {
                    return Ok(page(Vec::new(), None, total));
                };
                let mut transaction = pg_search::begin(pool, self.search_patience).await?;
                // Each search has a plan of its own: what is best for a rare word is not for a common one.
                let query = sqlx::query_as(statement(Kind::FoundInPostgres, upwards)).persistent(false);
                let query = query.bind(place).bind(WANTED).bind(words).fetch_all(&mut *transaction);
                query.await.map_err(pg_search::failed)?
            }
        };
        Ok(page(rows, cursor, total))
    }

    /// One page of the users that a query finds, the newest first; `connection_seq` keeps those of one connection.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn queried_page(
        &self,
        query: &UserQuery,
        connection_seq: Option<i64>,
        cursor: Option<UsersCursor>,
    ) -> Result<UsersPage, StoreError> {
        let total = self.count_users(connection_seq).await?;
        let (upwards, place) = direction(cursor);
        let (sign, order) = if upwards { (">", "ASC") } else { ("<", "DESC") };
        let (dialect, join) = match &self.db {
            Db::Sqlite { .. } => (Dialect::Sqlite, "CROSS JOIN"),
            Db::Postgres(_) => (Dialect::Postgres, "JOIN"),
        };
        let filter = Filter::new(query, dialect, 4);
        let sql = format!(
            "{}users {join} connections ON connections.seq = users.connection_seq
             WHERE users.seq {sign} $1 AND ($3 IS NULL OR users.connection_seq = $3) AND {}
             ORDER BY users.seq {order} LIMIT $2",
            columns!(),
            filter.sql
        );
        // Whatever was typed is a parameter.
        let sql = AssertSqlSafe(sql);
        let rows: Vec<Row> = match &self.db {
            Db::Sqlite { pool, .. } => {
                let mut query = sqlx::query_as(sql).bind(place).bind(WANTED).bind(connection_seq);
                for parameter in filter.parameters {
                    query = match parameter {
                        Parameter::Text(text) => query.bind(text),
                        Parameter::Integer(number) => query.bind(number),
                        Parameter::Real(number) => query.bind(number),
                    };
                }
                let mut connection = sqlite_search::begin(pool, self.search_patience).await?;
                query.fetch_all(&mut *connection).await.map_err(sqlite_search::failed)?
            }
            Db::Postgres(pool) => {
                let own = pg_user_list::numbers(&[Some(place), Some(WANTED), connection_seq])?;
                let mut transaction = pg_search::begin(pool, self.search_patience).await?;
                let query = sqlx::query_as_with(sql, filter.arguments_after(own)?).persistent(false);
                query.fetch_all(&mut *transaction).await.map_err(pg_search::failed)?
            }
        };
        Ok(page(rows, cursor, total))
    }

    /// How many users a search finds; counting ends one above `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_found(
        &self,
        search: &Search,
        connection_seq: Option<i64>,
        most: Option<u64>,
    ) -> Result<u64, StoreError> {
        let limit = most.map_or(i64::MAX, |most| i64::try_from(most.saturating_add(1)).unwrap_or(i64::MAX));
        let users: i64 = match &self.db {
            Db::Sqlite { pool, .. } => {
                let Some(expression) = expression(search, connection_seq) else { return Ok(0) };
                sqlx::query_scalar(
                    "SELECT count(*) FROM (SELECT 1 FROM user_search WHERE user_search MATCH $1 LIMIT $2) AS found",
                )
                .bind(expression)
                .bind(limit)
                .fetch_one(pool)
                .await?
            }
            Db::Postgres(pool) => {
                let Some(words) = user_vector::query(search, connection_seq) else { return Ok(0) };
                let mut transaction = pg_search::begin(pool, self.search_patience).await?;
                let query = sqlx::query_scalar(
                    "SELECT count(*) FROM (SELECT 1 FROM user_search WHERE words @@ $1::tsquery LIMIT $2) AS found",
                );
                let query = query.bind(words).bind(limit).persistent(false).fetch_one(&mut *transaction);
                query.await.map_err(pg_search::failed)?
            }
        };
        Ok(users.unsigned_abs())
    }

    /// How many users there are, of one connection or of all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_users(&self, connection_seq: Option<i64>) -> Result<u64, StoreError> {
        let users: i64 = with_pool!(&self.db, pool => {
            sqlx::query_scalar("SELECT CAST(coalesce(sum(users), 0) AS BIGINT) FROM connections WHERE $1 IS NULL OR seq = $1")
                .bind(connection_seq)
                .fetch_one(pool)
                .await
        })?;
        Ok(users.unsigned_abs())
    }

    /// These attributes of one user; `None`: there is none with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn user_details(
        &self,
        user_id: String,
        attributes: Vec<Attribute>,
    ) -> Result<Option<UserDetails>, StoreError> {
        let source = match &self.db {
            Db::Sqlite { file, .. } => SqliteUsers::of(file),
            Db::Postgres(pool) => return pg_user_list::details(pool, &user_id, &attributes).await,
        };
        tokio::task::spawn_blocking(move || source.details(&user_id, &attributes))
            .await
            .map_err(|error| error.to_string())
            .and_then(|result| result.map_err(|error| format!("{error:?}")))
            .map_err(StoreError::Corrupt)
    }
}

/// One row more than a page has tells whether there is another page in this direction.
const WANTED: i64 = UsersPage::SIZE as i64 + 1;

/// Whether a page goes up to newer users, and the place from which it goes.
fn direction(cursor: Option<UsersCursor>) -> (bool, i64) {
    match cursor {
        None => (false, i64::MAX),
        Some(UsersCursor::OlderThan(place)) => (false, place),
        Some(UsersCursor::NewerThan(place)) => (true, place),
    }
}

/// Makes a page of the rows that its statement found.
fn page(mut rows: Vec<Row>, cursor: Option<UsersCursor>, total: u64) -> UsersPage {
    let (upwards, _) = direction(cursor);
    let more = rows.len() > UsersPage::SIZE;
    rows.truncate(UsersPage::SIZE);
    if upwards {
        rows.reverse();
    }
    let first = rows.first().map(|row| UsersCursor::NewerThan(row.seq));
    let last = rows.last().map(|row| UsersCursor::OlderThan(row.seq));
    let came_from_somewhere = cursor.is_some();
    UsersPage {
        newer: first.filter(|_| if upwards { more } else { came_from_somewhere }),
        older: last.filter(|_| upwards || more),
        users: rows.into_iter().map(UserRow::from).collect(),
        total,
    }
}

impl From<Row> for UserRow {
    fn from(row: Row) -> Self {
        Self {
            user_id: row.user_id,
            name: row.name,
            email: row.email,
            username: row.username,
            phone_number: row.phone_number,
            connection: row.connection,
            logins_count: row.logins_count,
            last_login: row.last_login.map(Timestamp),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Store, statement};

    #[tokio::test]
    async fn no_page_sorts_or_reads_more_than_it_shows() {
        let dir = tempfile::tempdir().unwrap();
        Store::open(dir.path()).await.unwrap().close().await;
        let database = rusqlite::Connection::open(dir.path().join("muster.db")).unwrap();
        for (kind, upwards, first) in [
            (Kind::All, false, "SEARCH users USING INTEGER PRIMARY KEY (rowid<?)"),
            (Kind::All, true, "SEARCH users USING INTEGER PRIMARY KEY (rowid>?)"),
            (Kind::OfConnection, false, "SEARCH users USING INDEX users_by_connection (connection_seq=? AND rowid<?)"),
            (Kind::OfConnection, true, "SEARCH users USING INDEX users_by_connection (connection_seq=? AND rowid>?)"),
            // An M for MATCH and the comparison of the rowid: the index does both, in its own order.
            (Kind::Found, false, "SCAN user_search VIRTUAL TABLE INDEX 192:M6<"),
            (Kind::Found, true, "SCAN user_search VIRTUAL TABLE INDEX 64:M6>"),
        ] {
            let mut query = database.prepare(&format!("EXPLAIN QUERY PLAN {}", statement(kind, upwards))).unwrap();
            let third: &dyn rusqlite::ToSql = if kind == Kind::Found { &"- connection : (\"a\" *)" } else { &1 };
            let count = query.parameter_count();
            let parameters = &[&1 as &dyn rusqlite::ToSql, &1, third][..count];
            let plan: Vec<String> =
                query.query_map(parameters, |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
            assert!(plan.iter().any(|step| step == first), "{kind:?}: {plan:?}");
            let others = plan.iter().filter(|step| *step != first);
            for step in others {
                assert!(step.ends_with("USING INTEGER PRIMARY KEY (rowid=?)"), "{kind:?}: {plan:?}");
            }
        }
    }
}

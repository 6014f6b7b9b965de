//! Lists of users, and single ones, from PostgreSQL.

use std::time::Duration;

use sqlx::{
    Arguments, AssertSqlSafe, PgConnection, PgPool, Row,
    postgres::{PgArguments, PgRow},
};

use crate::{
    domain::{
        user::{Attribute, UserDetails},
        user_list::{FoundUsers, Part, UserList},
        user_query::UserQuery,
    },
    server::export::{document::Document, source::Visitor},
};

use super::{
    StoreError,
    dialect::pg_search,
    user_filter::{Dialect, Filter},
    user_list::to_sql_number,
    user_scan::{PgCells, PgUser, pg_connections},
};

/// The users of a list.
pub async fn find(
    pool: &PgPool,
    list: &UserList,
    connection_seq: Option<i64>,
    patience: Duration,
) -> Result<FoundUsers, StoreError> {
    let mut transaction = pg_search::begin(pool, patience).await?;
    let (place, limit, offset, order) = match list.part {
        Part::Page { start, limit, sort } => {
            let order = match sort {
                // Whoever has the same value comes in the order of the store, so that no page repeats or skips a user.
                Some(sort) => {
                    let direction = if sort.descending { "DESC NULLS LAST" } else { "ASC NULLS FIRST" };
                    format!("{} {direction}, seq", sort.attribute.name())
                }
                None => "seq".to_owned(),
            };
            (i64::MIN, limit, start, order)
        }
        // One more tells whether there are others.
        Part::After { place, take } => (place, take.saturating_add(1), 0, "seq".to_owned()),
    };
    let mut users = Users::of(&mut transaction, &list.attributes).await?;
    let own = [connection_seq, Some(place), Some(to_sql_number(limit)), Some(to_sql_number(offset))];
    let filter = Filter::new(&list.query, Dialect::Postgres, own.len() + 1);
    let sql = format!(
        "SELECT {}, seq FROM users
         WHERE ($1 IS NULL OR connection_seq = $1) AND seq > $2 AND {} ORDER BY {order} LIMIT $3 OFFSET $4",
        users.cells.names(),
        filter.sql
    );
    let arguments = filter.arguments_after(numbers(&own)?)?;
    // Whatever was typed is a parameter.
    let query = sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(false);
    let rows = query.fetch_all(&mut *transaction).await.map_err(pg_search::failed)?;
    let mut found = FoundUsers { users: Vec::with_capacity(rows.len()), total: None, next: None };
    let mut last = place;
    for row in &rows {
        if let Part::After { take, .. } = list.part
            && found.users.len() as u64 == take
        {
            found.next = Some(last);
            break;
        }
        last = row.try_get(users.cells.len())?;
        found.users.push(users.json(row)?);
    }
    if list.totals {
        found.total = Some(count(&mut transaction, &list.query, connection_seq, None).await?);
    }
    Ok(found)
}

/// How many users a query finds. Counting ends one above `most`.
pub async fn count_by_query(
    pool: &PgPool,
    query: &UserQuery,
    connection_seq: Option<i64>,
    most: Option<u64>,
    patience: Duration,
) -> Result<u64, StoreError> {
    let mut transaction = pg_search::begin(pool, patience).await?;
    count(&mut transaction, query, connection_seq, most).await
}

async fn count(
    connection: &mut PgConnection,
    query: &UserQuery,
    connection_seq: Option<i64>,
    most: Option<u64>,
) -> Result<u64, StoreError> {
    let own = [connection_seq, Some(most.map_or(i64::MAX, |most| to_sql_number(most.saturating_add(1))))];
    let filter = Filter::new(query, Dialect::Postgres, own.len() + 1);
    let sql = if query.is_empty() {
        "SELECT coalesce(sum(users), 0)::bigint FROM connections WHERE ($1 IS NULL OR seq = $1) AND $2 > 0".to_owned()
    } else {
        format!(
            "SELECT count(*) FROM
                 (SELECT 1 FROM users WHERE ($1 IS NULL OR connection_seq = $1) AND {} LIMIT $2) AS found",
            filter.sql
        )
    };
    let arguments = filter.arguments_after(numbers(&own)?)?;
    // Whatever was typed is a parameter.
    let query = sqlx::query_scalar_with(AssertSqlSafe(sql), arguments).persistent(false);
    let users: i64 = query.fetch_one(connection).await.map_err(pg_search::failed)?;
    Ok(users.unsigned_abs())
}

/// One user; `None`: there is none with this id.
pub async fn details(
    pool: &PgPool,
    user_id: &str,
    attributes: &[Attribute],
) -> Result<Option<UserDetails>, StoreError> {
    // No text of PostgreSQL has this character.
    if user_id.contains('\0') {
        return Ok(None);
    }
    let mut connection = pool.acquire().await?;
    let mut users = Users::of(&mut connection, attributes).await?;
    let sql = format!("SELECT {}, connection_seq FROM users WHERE user_id = $1", users.cells.names());
    // Names of columns.
    let query = sqlx::query(AssertSqlSafe(sql)).bind(user_id);
    let Some(row) = query.fetch_optional(&mut *connection).await? else { return Ok(None) };
    let connection_seq: i64 = row.try_get(users.cells.len())?;
    Ok(Some(UserDetails { connection: users.cells.connection_name(connection_seq), json: users.json(&row)? }))
}

/// How rows become documents.
struct Users {
    document: Document,
    cells: PgCells,
}

impl Users {
    async fn of(connection: &mut PgConnection, attributes: &[Attribute]) -> Result<Self, StoreError> {
        let document = Document::of(attributes);
        let cells = PgCells::new(document.columns(), pg_connections(connection).await?);
        Ok(Self { document, cells })
    }

    /// A user as JSON.
    fn json(&mut self, row: &PgRow) -> Result<String, StoreError> {
        let user = PgUser { cells: &self.cells, row };
        self.document.visit(&user).map_err(|error| StoreError::Corrupt(format!("{error:?}")))?;
        Ok(self.document.take_json())
    }
}

/// Numbers as the first parameters of a statement.
pub fn numbers(own: &[Option<i64>]) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for number in own {
        arguments.add(number).map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

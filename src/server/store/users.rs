//! Users, a page at a time.

use crate::domain::{
    timestamp::Timestamp,
    user::{UserRow, UsersCursor, UsersPage},
};

use super::{Store, StoreError, db::with_pool};

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

/// The statement for a page: rows on one side of a place, nearest first.
///
/// A connection gets a statement of its own rather than an `OR`, so that its index is used.
macro_rules! select_users {
    ($condition:literal, $order:literal) => {
        concat!(
            "SELECT users.seq, users.user_id, users.name, users.email, users.username, users.phone_number, ",
            "connections.name AS connection, users.logins_count, users.last_login ",
            "FROM users JOIN connections ON connections.seq = users.connection_seq WHERE ",
            $condition,
            " ORDER BY users.seq ",
            $order,
            " LIMIT $2"
        )
    };
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
        let (upwards, place) = match cursor {
            None => (false, i64::MAX),
            Some(UsersCursor::OlderThan(place)) => (false, place),
            Some(UsersCursor::NewerThan(place)) => (true, place),
        };
        let statement = match (upwards, connection_seq.is_some()) {
            (false, false) => select_users!("users.seq < $1", "DESC"),
            (false, true) => select_users!("users.seq < $1 AND users.connection_seq = $3", "DESC"),
            (true, false) => select_users!("users.seq > $1", "ASC"),
            (true, true) => select_users!("users.seq > $1 AND users.connection_seq = $3", "ASC"),
        };
        // One row more than a page has tells whether there is another page in this direction.
        let wanted = UsersPage::SIZE + 1;
        let mut rows: Vec<Row> = with_pool!(&self.db, pool => {
            let mut query = sqlx::query_as(statement).bind(place).bind(wanted as i64);
            if let Some(connection_seq) = connection_seq {
                query = query.bind(connection_seq);
            }
            query.fetch_all(pool).await
        })?;
        let more = rows.len() == wanted;
        rows.truncate(UsersPage::SIZE);
        if upwards {
            rows.reverse();
        }
        let first = rows.first().map(|row| UsersCursor::NewerThan(row.seq));
        let last = rows.last().map(|row| UsersCursor::OlderThan(row.seq));
        let came_from_somewhere = cursor.is_some();
        Ok(UsersPage {
            newer: first.filter(|_| if upwards { more } else { came_from_somewhere }),
            older: last.filter(|_| upwards || more),
            users: rows.into_iter().map(UserRow::from).collect(),
        })
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

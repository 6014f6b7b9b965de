//! Which users are there already.

use rusqlite::{Connection, params};

use crate::{
    domain::import::RowError,
    server::{import::NewUser, store::user_writer::reasons},
};

/// Which of the attributes that are unique another user has: `?1` the connection, then the user's values.
const FIND: &str = "SELECT
    EXISTS (SELECT 1 FROM main.users WHERE connection_seq = ?1 AND email = ?2),
    EXISTS (SELECT 1 FROM main.users WHERE connection_seq = ?1 AND username = ?3),
    EXISTS (SELECT 1 FROM main.users WHERE connection_seq = ?1 AND phone_number = ?4),
    EXISTS (SELECT 1 FROM main.users WHERE user_id = ?5)";

/// The same among the users whom a dry run has seen.
const FIND_SEEN: &str = "SELECT
    EXISTS (SELECT 1 FROM temp.seen_users WHERE email = ?2),
    EXISTS (SELECT 1 FROM temp.seen_users WHERE username = ?3),
    EXISTS (SELECT 1 FROM temp.seen_users WHERE phone_number = ?4),
    EXISTS (SELECT 1 FROM temp.seen_users WHERE user_id = ?5)
    WHERE ?1 IS NOT NULL";

/// By which attributes a user is there already; none: by no one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicates([bool; 4]);

impl Duplicates {
    /// Those of the store.
    pub fn find(database: &Connection, connection_seq: i64, user: &NewUser) -> rusqlite::Result<Self> {
        Self::ask(FIND, database, connection_seq, user)
    }

    /// Those of the store, and of the users whom a dry run would have added.
    pub fn find_or_seen(database: &Connection, connection_seq: i64, user: &NewUser) -> rusqlite::Result<Self> {
        let Self(mut found) = Self::find(database, connection_seq, user)?;
        let Self(seen) = Self::ask(FIND_SEEN, database, connection_seq, user)?;
        for (found, seen) in found.iter_mut().zip(seen) {
            *found |= seen;
        }
        Ok(Self(found))
    }

    fn ask(sql: &str, database: &Connection, connection_seq: i64, user: &NewUser) -> rusqlite::Result<Self> {
        let parameters = params![connection_seq, user.email, user.username, user.phone_number, user.user_id];
        database
            .prepare_cached(sql)?
            .query_row(parameters, |row| Ok(Self([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])))
    }

    pub fn is_none(self) -> bool {
        self.0 == [false; 4]
    }

    /// An error for each of them.
    pub fn errors(self) -> Vec<RowError> {
        reasons::duplicated(self.0)
    }
}

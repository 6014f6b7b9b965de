//! What an import would do, without doing it.

use rusqlite::{Connection, params};

use crate::server::{
    import::{NewUser, Outcome},
    store::user_writer::reasons,
};

use super::{
    duplicates::Duplicates,
    upsert::{Touched, find_by_email},
};

/// The users who would be there, in tables that are nobody else's: on the disk, so that memory stays flat, and gone with the
/// database's connection.
const SEEN: &str =
    "CREATE TEMP TABLE seen_users (user_id TEXT NOT NULL, email TEXT, username TEXT, phone_number TEXT) STRICT;
    CREATE INDEX temp.seen_user_ids ON seen_users (user_id);
    CREATE INDEX temp.seen_emails ON seen_users (email) WHERE email IS NOT NULL;
    CREATE INDEX temp.seen_usernames ON seen_users (username) WHERE username IS NOT NULL;
    CREATE INDEX temp.seen_phone_numbers ON seen_users (phone_number) WHERE phone_number IS NOT NULL;";

/// A dry run.
pub struct Rehearsal {
    /// For an import with upsert: the users who would be updated.
    touched: Option<Touched>,
}

impl Rehearsal {
    pub fn new(database: &Connection, upsert: bool) -> rusqlite::Result<Self> {
        database.execute_batch(SEEN)?;
        let touched = if upsert { Some(Touched::new(database, None)?) } else { None };
        Ok(Self { touched })
    }

    /// What would become of a user.
    pub fn apply(&self, database: &Connection, connection_seq: i64, user: &NewUser) -> rusqlite::Result<Outcome> {
        if let Some(touched) = &self.touched {
            if let Some(seq) = find_by_email(database, connection_seq, user)? {
                let first = touched.add(database, seq)?;
                return Ok(if first { Outcome::Updated } else { Outcome::Failed(reasons::twice_in_the_file()) });
            }
            if self.has_seen_email(database, user)? {
                return Ok(Outcome::Failed(reasons::twice_in_the_file()));
            }
        }
        let duplicates = Duplicates::find_or_seen(database, connection_seq, user)?;
        if !duplicates.is_none() {
            return Ok(Outcome::Failed(duplicates.errors()));
        }
        database
            .prepare_cached(
                "INSERT INTO temp.seen_users (user_id, email, username, phone_number) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![user.user_id, user.email, user.username, user.phone_number])?;
        Ok(Outcome::Inserted)
    }

    fn has_seen_email(&self, database: &Connection, user: &NewUser) -> rusqlite::Result<bool> {
        database.prepare_cached("SELECT 1 FROM temp.seen_users WHERE email = ?1")?.exists([&user.email])
    }
}

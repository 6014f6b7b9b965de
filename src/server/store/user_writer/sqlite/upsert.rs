//! Changing users whose e-mail address is there already.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    domain::user_search::Words,
    server::{
        import::{NewUser, Outcome, PreparedUser},
        store::{
            StoreError,
            secrets::SecretsKey,
            user_search,
            user_writer::{Ledger, reasons},
        },
    },
};

use super::insert::{self, Inserted};

/// What is not in the file stays; metadata that is there replaces all of what was there before.
const UPDATE: &str = "UPDATE users SET
        app_metadata = coalesce(?2, app_metadata), user_metadata = coalesce(?3, user_metadata),
        email_verified = coalesce(?4, email_verified), given_name = coalesce(?5, given_name),
        family_name = coalesce(?6, family_name), name = coalesce(?7, name), nickname = coalesce(?8, nickname),
        picture = coalesce(?9, picture), blocked = coalesce(?10, blocked), updated_at = ?11
    WHERE seq = ?1
    RETURNING name, email, username, user_id, phone_number";

/// Users whom this import has added or changed, in a table, because there can be millions.
pub struct Touched {
    /// The job that they belong to; without one they are forgotten with the database's connection.
    job: Option<Ledger>,
}

impl Touched {
    pub fn new(database: &Connection, ledger: Option<&Ledger>) -> rusqlite::Result<Self> {
        if ledger.is_none() {
            database.execute_batch("CREATE TEMP TABLE touched_users (user_seq INTEGER PRIMARY KEY) STRICT")?;
        }
        Ok(Self { job: ledger.cloned() })
    }

    /// Adds a user; `false`: it is there already.
    pub fn add(&self, database: &Connection, seq: i64) -> rusqlite::Result<bool> {
        let added = match &self.job {
            Some(ledger) => database
                .prepare_cached("INSERT OR IGNORE INTO import_users (job_id, user_seq) VALUES (?1, ?2)")?
                .execute(params![ledger.job_id.as_str(), seq])?,
            None => database
                .prepare_cached("INSERT OR IGNORE INTO temp.touched_users (user_seq) VALUES (?1)")?
                .execute([seq])?,
        };
        Ok(added > 0)
    }
}

/// The key of the connection's user with this e-mail address.
pub fn find_by_email(database: &Connection, connection_seq: i64, user: &NewUser) -> rusqlite::Result<Option<i64>> {
    let Some(email) = &user.email else { return Ok(None) };
    database
        .prepare_cached("SELECT seq FROM users WHERE connection_seq = ?1 AND email = ?2")?
        .query_row(params![connection_seq, email], |row| row.get(0))
        .optional()
}

/// Changes the user with the same e-mail address, or adds one, in the open transaction.
pub fn upsert(
    database: &Connection,
    secrets: &SecretsKey,
    connection_seq: i64,
    touched: &Touched,
    prepared: &PreparedUser,
) -> Result<Outcome, StoreError> {
    if let Some(seq) = find_by_email(database, connection_seq, &prepared.user)? {
        if !touched.add(database, seq)? {
            return Ok(Outcome::Failed(reasons::twice_in_the_file()));
        }
        update(database, seq, connection_seq, &prepared.user)?;
        return Ok(Outcome::Updated);
    }
    let inserted = insert::insert(database, secrets, connection_seq, prepared)?;
    if let Inserted::Yes(seq) = inserted {
        touched.add(database, seq)?;
    }
    Ok(inserted.outcome())
}

fn update(database: &Connection, seq: i64, connection_seq: i64, user: &NewUser) -> rusqlite::Result<()> {
    let parameters = params![
        seq,
        user.app_metadata,
        user.user_metadata,
        user.email_verified,
        user.given_name,
        user.family_name,
        user.name,
        user.nickname,
        user.picture,
        user.blocked,
        user.updated_at.0,
    ];
    let words = database.prepare_cached(UPDATE)?.query_row(parameters, |row| {
        let mut texts = [const { None::<String> }; 5];
        for (index, text) in texts.iter_mut().enumerate() {
            *text = row.get(index)?;
        }
        Ok(Words::of(texts.each_ref().map(Option::as_deref)))
    })?;
    // Of what the search looks in, only the name can have changed.
    if user.name.is_some() {
        user_search::replace(database, seq, connection_seq, &words)?;
    }
    Ok(())
}

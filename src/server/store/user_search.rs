//! SQLite's index of the words that the page Users searches.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::domain::user_search::{Search, Words};

use super::{StoreError, dialect::sqlite};

/// Adds a user's words, in the transaction that adds the user.
pub fn add(database: &Connection, seq: i64, connection_seq: i64, words: &Words) -> rusqlite::Result<()> {
    database
        .prepare_cached(
            "INSERT INTO user_search (rowid, name, email, username, user_id, phone_number, connection)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            seq,
            words.attribute(0),
            words.attribute(1),
            words.attribute(2),
            words.attribute(3),
            words.attribute(4),
            connection_seq.to_string(),
        ])?;
    Ok(())
}

/// Puts a changed user's words in the place of those of before, in the transaction that changes the user.
pub fn replace(database: &Connection, seq: i64, connection_seq: i64, words: &Words) -> rusqlite::Result<()> {
    database.prepare_cached("DELETE FROM user_search WHERE rowid = ?1")?.execute([seq])?;
    add(database, seq, connection_seq, words)
}

/// What the index is asked for a search; `None`: nobody can be found.
///
/// Words are letters and digits only, so nothing that was typed means anything to SQLite.
pub fn expression(search: &Search, connection_seq: Option<i64>) -> Option<String> {
    let parts: Vec<_> = search.parts().iter().map(|words| format!("\"{words}\" *")).collect();
    if parts.is_empty() {
        return None;
    }
    let words = format!("- connection : ({})", parts.join(" AND "));
    Some(match connection_seq {
        Some(seq) => format!("connection : \"{seq}\" AND {words}"),
        None => words,
    })
}

/// Users whose words are added at once: few enough that others get to write in between.
const TRANSACTION_USERS: i64 = 20_000;

/// Adds the words of users who were imported before there was an index.
///
/// # Errors
/// [`StoreError`]; the next start goes on where it ended.
pub async fn complete(file: &Path) -> Result<(), StoreError> {
    let file = file.to_owned();
    let task = tokio::task::spawn_blocking(move || {
        let database = sqlite::open_writer(&file)?;
        let mut added = 0;
        loop {
            match add_missing(&database)? {
                0 => break,
                more => added += more,
            }
            sqlite::let_others_write(&database)?;
            tracing::info!(users = added, "the search learns the users of before");
        }
        Ok::<_, rusqlite::Error>(())
    });
    match task.await {
        Ok(result) => Ok(result?),
        Err(error) => Err(StoreError::Corrupt(error.to_string())),
    }
}

/// Adds the words of the next users without any; returns how many those were.
fn add_missing(database: &Connection) -> rusqlite::Result<usize> {
    let newest = |table: &str| {
        database.query_row(&format!("SELECT coalesce(max(rowid), 0) FROM {table}"), [], |row| row.get::<_, i64>(0))
    };
    // Whoever adds users adds their words at once, so only users from before can be newer than all that have words.
    if newest("users")? <= newest("user_search")? {
        return Ok(0);
    }
    database.execute_batch("BEGIN IMMEDIATE")?;
    let mut users = database.prepare(
        "SELECT seq, connection_seq, name, email, username, user_id, phone_number FROM users
         WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = users.query([newest("user_search")?, TRANSACTION_USERS])?;
    let mut added = 0;
    while let Some(row) = rows.next()? {
        let text = |column: usize| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_str_or_null()?);
        let words = Words::of([text(2)?, text(3)?, text(4)?, text(5)?, text(6)?]);
        add(database, row.get(0)?, row.get(1)?, &words)?;
        added += 1;
    }
    drop(rows);
    database.execute_batch("COMMIT")?;
    Ok(added)
}

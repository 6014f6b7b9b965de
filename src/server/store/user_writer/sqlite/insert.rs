//! Adding users.

use rusqlite::{Connection, params};

use crate::{
    domain::import::RowError,
    server::{
        import::{NewUser, Outcome, PreparedUser, Secrets},
        store::{StoreError, secrets::SecretsKey, user_search},
    },
};

use super::duplicates::Duplicates;

const INSERT: &str = "INSERT INTO users (
        connection_seq, user_id, email, email_verified, username, phone_number, phone_verified, name, given_name,
        family_name, nickname, picture, blocked, created_at, updated_at, last_login, last_ip, last_password_reset,
        logins_count, multifactor, multifactor_last_modified, identities, user_metadata, app_metadata
    ) VALUES (
        ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24
    )";

/// What became of a user to be added.
pub enum Inserted {
    /// It has this key.
    Yes(i64),
    /// It is there already.
    No(Vec<RowError>),
}

impl Inserted {
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Yes(_) => Outcome::Inserted,
            Self::No(errors) => Outcome::Failed(errors),
        }
    }
}

/// Adds a user with its words and secrets, in the open transaction.
pub fn insert(
    database: &Connection,
    secrets: &SecretsKey,
    connection_seq: i64,
    prepared: &PreparedUser,
) -> Result<Inserted, StoreError> {
    let PreparedUser { user, words } = prepared;
    let result = database.prepare_cached(INSERT)?.insert(params![
        connection_seq,
        user.user_id,
        user.email,
        user.email_verified.unwrap_or_default(),
        user.username,
        user.phone_number,
        user.phone_verified.unwrap_or_default(),
        user.name,
        user.given_name,
        user.family_name,
        user.nickname,
        user.picture,
        user.blocked.unwrap_or_default(),
        user.created_at.0,
        user.updated_at.0,
        user.last_login.map(|date| date.0),
        user.last_ip,
        user.last_password_reset.map(|date| date.0),
        user.logins_count,
        user.multifactor,
        user.multifactor_last_modified.map(|date| date.0),
        user.identities,
        user.user_metadata,
        user.app_metadata,
    ]);
    let seq = match result.map_err(StoreError::Sqlite) {
        Ok(seq) => seq,
        Err(error) if error.is_unique_violation() => {
            let duplicates = Duplicates::find(database, connection_seq, user)?;
            return if duplicates.is_none() { Err(error) } else { Ok(Inserted::No(duplicates.errors())) };
        }
        Err(error) => return Err(error),
    };
    user_search::add(database, seq, connection_seq, words)?;
    if let Some(Secrets(text)) = &user.secrets {
        let sealed =
            secrets.seal(&user.user_id, text.as_bytes()).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        database
            .prepare_cached("INSERT INTO user_secrets (user_seq, sealed) VALUES (?1, ?2)")?
            .execute(params![seq, sealed])?;
    }
    Ok(Inserted::Yes(seq))
}

/// About how many bytes a user takes: those of the values that can be large.
pub fn bytes(user: &NewUser) -> usize {
    let texts =
        [&user.user_metadata, &user.app_metadata, &user.identities, &user.multifactor, &user.picture, &user.last_ip];
    user.user_id.len() + texts.into_iter().flatten().map(String::len).sum::<usize>()
}

//! Users in bulk, for imports.

use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use crate::domain::timestamp::Timestamp;

use super::{
    Store, StoreError,
    dialect::sqlite,
    secrets::SecretsKey,
    user_search::{self, Words},
};

/// A user to be added, every rule checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the attribute of the same name in domain::user")]
pub struct NewUser {
    pub user_id: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub username: Option<String>,
    pub phone_number: Option<String>,
    pub phone_verified: bool,
    pub name: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub nickname: Option<String>,
    pub picture: Option<String>,
    pub blocked: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub last_login: Option<Timestamp>,
    pub last_ip: Option<String>,
    pub last_password_reset: Option<Timestamp>,
    pub logins_count: Option<i64>,
    /// JSON array of texts.
    pub multifactor: Option<String>,
    pub multifactor_last_modified: Option<Timestamp>,
    /// JSON array as it was restored.
    pub identities: Option<String>,
    /// JSON object.
    pub user_metadata: Option<String>,
    /// JSON object.
    pub app_metadata: Option<String>,
    /// JSON object of password hashes and second factors: sealed before it is stored, never logged.
    pub secrets: Option<Secrets>,
}

/// Text that no `Debug` output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets(pub String);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(..)")
    }
}

/// What became of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// It is there.
    Yes,
    /// A user with the same value of this attribute is there already.
    Duplicate(&'static str),
}

/// A user with all that can be made before it is the writer's turn: one thread writes, and others can do that.
#[derive(Debug, Clone)]
pub struct PreparedUser {
    user: NewUser,
    words: Words,
}

impl From<NewUser> for PreparedUser {
    fn from(user: NewUser) -> Self {
        Self { words: Words::of(&user), user }
    }
}

/// Adds users on a connection of its own, many to a transaction.
pub struct UserWriter {
    database: Connection,
    secrets: SecretsKey,
    connection_seq: i64,
    /// The transaction that is open.
    open: Option<Transaction>,
}

/// What a transaction has done so far.
struct Transaction {
    began: Instant,
    /// Users that were tried.
    users: u32,
    /// How many of those were added: their connection's count does not have them yet.
    added: i64,
}

impl Transaction {
    /// Long transactions write the pages of the indexes, which every few users change, more rarely; but others wait as long.
    const TIME: Duration = Duration::from_millis(600);
    /// Fewer users would take much more work each, which helps nobody on a machine that is busy.
    const FEWEST_USERS: u32 = 10_000;
    /// What more users change would not fit into memory.
    const MOST_USERS: u32 = 50_000;

    fn is_full(&self) -> bool {
        // The clock is asked rarely.
        let may_end = self.users >= Self::FEWEST_USERS && self.users.is_multiple_of(64);
        self.users >= Self::MOST_USERS || (may_end && self.began.elapsed() >= Self::TIME)
    }
}

const INSERT: &str = "INSERT INTO users (
        connection_seq, user_id, email, email_verified, username, phone_number, phone_verified, name, given_name,
        family_name, nickname, picture, blocked, created_at, updated_at, last_login, last_ip, last_password_reset,
        logins_count, multifactor, multifactor_last_modified, identities, user_metadata, app_metadata
    ) VALUES (
        ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24
    )";

impl Store {
    /// Begins to add users to a connection. It blocks, so it belongs on a thread of its own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn user_writer(&self, connection_seq: i64) -> Result<UserWriter, StoreError> {
        let database = sqlite::open_writer(&self.file)?;
        Ok(UserWriter { database, secrets: self.secrets.clone(), connection_seq, open: None })
    }
}

impl UserWriter {
    /// Adds a user, unless it is a duplicate.
    ///
    /// # Errors
    /// [`StoreError`]; what was not committed before is rolled back when the writer is dropped.
    pub fn insert(&mut self, user: &PreparedUser) -> Result<Inserted, StoreError> {
        let mut transaction = match self.open.take() {
            Some(transaction) => transaction,
            None => {
                self.database.execute_batch(sqlite::BEGIN_WRITING)?;
                Transaction { began: Instant::now(), users: 0, added: 0 }
            }
        };
        let inserted = self.insert_row(user)?;
        transaction.users += 1;
        transaction.added += i64::from(inserted == Inserted::Yes);
        let is_full = transaction.is_full();
        self.open = Some(transaction);
        if is_full {
            self.end_transaction()?;
            sqlite::let_others_write(&self.database)?;
        }
        Ok(inserted)
    }

    /// Makes everything added so far durable.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn commit(&mut self) -> Result<(), StoreError> {
        self.end_transaction()?;
        // Else the next one to write, who wants to write little, would copy all of it.
        Ok(sqlite::fold_log(&self.database)?)
    }

    fn end_transaction(&mut self) -> Result<(), StoreError> {
        if let Some(Transaction { added, .. }) = self.open.take() {
            self.database
                .prepare_cached("UPDATE connections SET users = users + ?1 WHERE seq = ?2")?
                .execute(params![added, self.connection_seq])?;
            self.database.execute_batch("COMMIT")?;
        }
        Ok(())
    }

    fn insert_row(&mut self, prepared: &PreparedUser) -> Result<Inserted, StoreError> {
        let PreparedUser { user, words } = prepared;
        let mut statement = self.database.prepare_cached(INSERT)?;
        let result = statement.insert(params![
            self.connection_seq,
            user.user_id,
            user.email,
            user.email_verified,
            user.username,
            user.phone_number,
            user.phone_verified,
            user.name,
            user.given_name,
            user.family_name,
            user.nickname,
            user.picture,
            user.blocked,
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
        let seq = match result {
            Ok(seq) => seq,
            Err(error) => {
                let error = StoreError::Sqlite(error);
                return match duplicate_attribute(&error) {
                    Some(attribute) => Ok(Inserted::Duplicate(attribute)),
                    None => Err(error),
                };
            }
        };
        user_search::add(&self.database, seq, self.connection_seq, words)?;
        if let Some(Secrets(secrets)) = &user.secrets {
            let sealed = self
                .secrets
                .seal(&user.user_id, secrets.as_bytes())
                .map_err(|error| StoreError::Corrupt(error.to_string()))?;
            self.database
                .prepare_cached("INSERT INTO user_secrets (user_seq, sealed) VALUES (?1, ?2)")?
                .execute(params![seq, sealed])?;
        }
        Ok(Inserted::Yes)
    }
}

/// The attribute whose uniqueness a statement broke, from SQLite's "UNIQUE constraint failed: users.email".
fn duplicate_attribute(error: &StoreError) -> Option<&'static str> {
    if !error.is_unique_violation() {
        return None;
    }
    let message = error.to_string();
    ["email", "username", "phone_number"]
        .into_iter()
        .find(|attribute| message.contains(&format!("users.{attribute}")))
        .or(Some("user_id"))
}

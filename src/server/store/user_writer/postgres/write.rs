//! Writing what was decided, by `COPY` and statements about many users at once.

use sqlx::{PgConnection, Row, postgres::PgRow};

use crate::{
    domain::user_search::Words,
    server::{
        import::{PreparedUser, Secrets},
        store::{StoreError, secrets::SecretsKey, user_vector::write_vector},
    },
};

use super::{copy_buffer::CopyBuffer, decide::Decision, lookup::Memory};

const USERS: &str = "users (
        seq, connection_seq, user_id, email, email_verified, username, phone_number, phone_verified, name, given_name, family_name,
        nickname, picture, blocked, created_at, updated_at, last_login, last_ip, last_password_reset, logins_count, multifactor,
        multifactor_last_modified, identities, user_metadata, app_metadata
    )";

const WORDS: &str = "user_search (user_seq, words)";

const SECRETS: &str = "user_secrets (user_seq, sealed)";

const CHANGES: &str = "pg_temp.changes (
        seq, app_metadata, user_metadata, email_verified, given_name, family_name, name, nickname, picture, blocked, updated_at
    )";

const SEEN: &str = "pg_temp.seen_users (user_id, email, username, phone_number)";

/// The tables that an import with this memory needs, which are nobody else's and gone with the connection. On the disk, so that memory
/// stays flat.
pub const fn tables(memory: &Memory) -> &'static str {
    match memory {
        Memory::None => "",
        Memory::Touched(Some(_)) => CREATE_CHANGES,
        Memory::Touched(None) => CREATE_CHANGES_AND_TOUCHED,
        Memory::Seen { .. } => {
            "CREATE TEMP TABLE touched_users (user_seq BIGINT PRIMARY KEY);
             CREATE TEMP TABLE seen_users (
                 user_id TEXT COLLATE \"C\" PRIMARY KEY, email TEXT COLLATE \"C\" UNIQUE, username TEXT COLLATE \"C\" UNIQUE,
                 phone_number TEXT COLLATE \"C\" UNIQUE
             );"
        }
    }
}

macro_rules! create_changes {
    () => {
        "CREATE TEMP TABLE changes (
             seq BIGINT PRIMARY KEY, app_metadata TEXT, user_metadata TEXT, email_verified BOOLEAN, given_name TEXT,
             family_name TEXT, name TEXT, nickname TEXT, picture TEXT, blocked BOOLEAN, updated_at BIGINT
         ) ON COMMIT DELETE ROWS;"
    };
}

const CREATE_CHANGES: &str = create_changes!();

const CREATE_CHANGES_AND_TOUCHED: &str =
    concat!(create_changes!(), "CREATE TEMP TABLE touched_users (user_seq BIGINT PRIMARY KEY);");

/// What is not in the file stays; metadata that is there replaces all of what was there before.
const UPDATE: &str = "UPDATE users SET
        app_metadata = coalesce(changes.app_metadata, users.app_metadata),
        user_metadata = coalesce(changes.user_metadata, users.user_metadata),
        email_verified = coalesce(changes.email_verified, users.email_verified),
        given_name = coalesce(changes.given_name, users.given_name),
        family_name = coalesce(changes.family_name, users.family_name),
        name = coalesce(changes.name, users.name),
        nickname = coalesce(changes.nickname, users.nickname),
        picture = coalesce(changes.picture, users.picture),
        blocked = coalesce(changes.blocked, users.blocked),
        updated_at = changes.updated_at
    FROM pg_temp.changes WHERE users.seq = changes.seq
    RETURNING changes.name IS NOT NULL AS renamed, users.seq, users.name, users.email, users.username, users.user_id,
        users.phone_number";

/// All that a batch writes.
pub struct Writing {
    connection_seq: i64,
    users: CopyBuffer,
    words: CopyBuffer,
    secrets: CopyBuffer,
    /// Keys of the users who are added.
    added: Vec<i64>,
    changes: CopyBuffer,
    /// Keys of the users who are changed.
    changed: Vec<i64>,
    seen: CopyBuffer,
}

impl Writing {
    /// What was decided, with keys for the users who are added. A dry run writes only whom it has seen, which needs no keys.
    pub fn of(
        users: &[&PreparedUser],
        decisions: &[Decision],
        keys: &[i64],
        connection_seq: i64,
        secrets: &SecretsKey,
        memory: &Memory,
    ) -> Result<Self, StoreError> {
        let mut writing = Self {
            connection_seq,
            users: CopyBuffer::new(),
            words: CopyBuffer::new(),
            secrets: CopyBuffer::new(),
            added: Vec::with_capacity(keys.len()),
            changes: CopyBuffer::new(),
            changed: Vec::new(),
            seen: CopyBuffer::new(),
        };
        let mut keys = keys.iter();
        for (prepared, decision) in users.iter().zip(decisions) {
            match (decision, memory) {
                (Decision::Insert, Memory::Seen { .. }) => writing.see(prepared),
                (Decision::Insert, _) => {
                    let seq = *keys.next().ok_or_else(|| StoreError::Corrupt("a user has no key".to_owned()))?;
                    writing.add(seq, prepared, secrets)?;
                }
                (Decision::Update(seq), Memory::Seen { .. }) => writing.changed.push(*seq),
                (Decision::Update(seq), _) => writing.change(*seq, prepared),
                (Decision::Refuse(_), _) => {}
            }
        }
        Ok(writing)
    }

    fn add(&mut self, seq: i64, prepared: &PreparedUser, secrets: &SecretsKey) -> Result<(), StoreError> {
        let PreparedUser { user, words } = prepared;
        self.added.push(seq);
        let row = self.users.row(25).number(Some(seq)).number(Some(self.connection_seq)).text(Some(&user.user_id));
        row.text(user.email.as_deref())
            .flag(Some(user.email_verified.unwrap_or_default()))
            .text(user.username.as_deref())
            .text(user.phone_number.as_deref())
            .flag(Some(user.phone_verified.unwrap_or_default()))
            .text(user.name.as_deref())
            .text(user.given_name.as_deref())
            .text(user.family_name.as_deref())
            .text(user.nickname.as_deref())
            .text(user.picture.as_deref())
            .flag(Some(user.blocked.unwrap_or_default()))
            .number(Some(user.created_at.0))
            .number(Some(user.updated_at.0))
            .number(user.last_login.map(|date| date.0))
            .text(user.last_ip.as_deref())
            .number(user.last_password_reset.map(|date| date.0))
            .number(user.logins_count)
            .text(user.multifactor.as_deref())
            .number(user.multifactor_last_modified.map(|date| date.0))
            .text(user.identities.as_deref())
            .text(user.user_metadata.as_deref())
            .text(user.app_metadata.as_deref());
        write_words(&mut self.words, seq, self.connection_seq, words);
        if let Some(Secrets(text)) = &user.secrets {
            let sealed =
                secrets.seal(&user.user_id, text.as_bytes()).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            self.secrets.row(2).number(Some(seq)).bytes(&sealed);
        }
        Ok(())
    }

    fn change(&mut self, seq: i64, PreparedUser { user, .. }: &PreparedUser) {
        self.changed.push(seq);
        let row = self.changes.row(11).number(Some(seq));
        row.text(user.app_metadata.as_deref())
            .text(user.user_metadata.as_deref())
            .flag(user.email_verified)
            .text(user.given_name.as_deref())
            .text(user.family_name.as_deref())
            .text(user.name.as_deref())
            .text(user.nickname.as_deref())
            .text(user.picture.as_deref())
            .flag(user.blocked)
            .number(Some(user.updated_at.0));
    }

    fn see(&mut self, PreparedUser { user, .. }: &PreparedUser) {
        let row = self.seen.row(4).text(Some(&user.user_id));
        row.text(user.email.as_deref()).text(user.username.as_deref()).text(user.phone_number.as_deref());
    }

    /// Writes it. `false`: a user who is to be changed is there no more.
    ///
    /// New users come first: whoever waits for another import's users must not hold the row of the connection, which changes lock.
    pub async fn execute(self, connection: &mut PgConnection, memory: Memory) -> Result<bool, sqlx::Error> {
        self.users.send(connection, USERS).await?;
        self.words.send(connection, WORDS).await?;
        self.secrets.send(connection, SECRETS).await?;
        self.seen.send(connection, SEEN).await?;
        touch(connection, [self.added, self.changed.clone()].concat(), &memory).await?;
        if self.changes.is_empty() {
            return Ok(true);
        }
        // One transaction may change users more than once.
        sqlx::query("DELETE FROM pg_temp.changes").execute(&mut *connection).await?;
        self.changes.send(connection, CHANGES).await?;
        let changed: Vec<PgRow> = sqlx::query(UPDATE).fetch_all(&mut *connection).await?;
        let mut words = CopyBuffer::new();
        let mut renamed = Vec::new();
        for row in &changed {
            // Of what the search looks in, only the name can have changed.
            if row.try_get("renamed")? {
                let texts = ["name", "email", "username", "user_id", "phone_number"];
                let mut values = [None; 5];
                for (value, column) in values.iter_mut().zip(texts) {
                    *value = row.try_get::<Option<&str>, _>(column)?;
                }
                let seq: i64 = row.try_get("seq")?;
                renamed.push(seq);
                write_words(&mut words, seq, self.connection_seq, &Words::of(values));
            }
        }
        if !renamed.is_empty() {
            let delete = sqlx::query("DELETE FROM user_search WHERE user_seq = ANY ($1)").bind(renamed);
            delete.execute(&mut *connection).await?;
            words.send(connection, WORDS).await?;
        }
        Ok(changed.len() == self.changed.len())
    }
}

fn write_words(buffer: &mut CopyBuffer, seq: i64, connection_seq: i64, words: &Words) {
    buffer.row(2).number(Some(seq)).field(|bytes| write_vector(connection_seq, words, bytes));
}

/// Remembers whom the import has touched.
async fn touch(connection: &mut PgConnection, seqs: Vec<i64>, memory: &Memory) -> Result<(), sqlx::Error> {
    if seqs.is_empty() {
        return Ok(());
    }
    match memory {
        Memory::None | Memory::Seen { upsert: false } => return Ok(()),
        Memory::Touched(Some(ledger)) => {
            let sql = "INSERT INTO import_users (job_id, user_seq) SELECT $1, * FROM unnest($2::bigint[])";
            sqlx::query(sql).bind(ledger.job_id.as_str()).bind(seqs).execute(connection).await?;
        }
        Memory::Touched(None) | Memory::Seen { upsert: true } => {
            let sql = "INSERT INTO pg_temp.touched_users (user_seq) SELECT * FROM unnest($1::bigint[])";
            sqlx::query(sql).bind(seqs).execute(connection).await?;
        }
    }
    Ok(())
}

/// Keys for so many users.
pub async fn keys(connection: &mut PgConnection, users: i64) -> Result<Vec<i64>, sqlx::Error> {
    let sql = "SELECT nextval(pg_get_serial_sequence('users', 'seq')) FROM generate_series(1, $1)";
    let mut keys: Vec<i64> = sqlx::query_scalar(sql).bind(users).fetch_all(connection).await?;
    // In the order of the file, also where the database has given them in another one.
    keys.sort_unstable();
    Ok(keys)
}

//! The database that the store talks to, chosen once at start.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{PgPool, SqlitePool};

use crate::{domain::timestamp::Timestamp, server::data_dir};

use super::{
    KeySource, StoreError,
    dialect::{
        BeginWriting,
        postgres::{self, PostgresOptions},
        sqlite,
    },
    secrets::SecretsKey,
    user_search,
};

/// One variant for each kind of database.
#[derive(Clone)]
pub enum Db {
    /// A SQLite file in the data directory.
    Sqlite {
        /// The control plane's connections.
        pool: SqlitePool,
        /// The file, which the bulk reader and writer open themselves.
        file: PathBuf,
    },
    /// A PostgreSQL server, or one that speaks its protocol.
    Postgres(PgPool),
}

/// Runs the same code on whichever pool there is: `with_pool!(db, pool => query.execute(pool).await)`.
macro_rules! with_pool {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::server::store::Db::Sqlite { pool: $pool, .. } => $body,
            $crate::server::store::Db::Postgres($pool) => $body,
        }
    };
}

/// Executes a statement on whichever pool there is; its value is the number of rows that it changed.
macro_rules! execute {
    ($db:expr, $query:expr) => {
        $crate::server::store::db::with_pool!($db, pool => $query.execute(pool).await.map(|done| done.rows_affected()))
    };
}

pub(super) use {execute, with_pool};

/// All access to stored data. Clones share one pool.
#[derive(Clone)]
pub struct Store {
    pub(super) db: Db,
    pub(super) secrets: SecretsKey,
    /// How long a search of users may take.
    pub(super) search_patience: Duration,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// How long a search of users may take, unless the settings say something else.
const SEARCH_PATIENCE: Duration = Duration::from_secs(25);

impl Store {
    /// Opens `muster.db` in `data_dir`, with the key beside it, making all three and bringing the schema up to date.
    ///
    /// # Errors
    /// When the directory can't be made, the file can't be opened, or it is from a newer version of Muster.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        Self::open_with(data_dir, &KeySource::MadeIn(data_dir.join("secrets.key"))).await
    }

    /// As [`Self::open`], with another key.
    ///
    /// # Errors
    /// Those of [`Self::open`], and when there is no such key.
    pub async fn open_with(data_dir: &Path, key: &KeySource) -> Result<Self, StoreError> {
        create_dir(data_dir)?;
        let file = data_dir.join("muster.db");
        let pool = sqlite::open(&file).await?;
        sqlx::migrate!("src/server/store/migrations/sqlite").run(&pool).await?;
        user_search::complete(&file).await?;
        let db = Db::Sqlite { pool, file };
        let secrets = agree_on_key(&db, key).await?;
        Ok(Self { db, secrets, search_patience: SEARCH_PATIENCE })
    }

    /// Connects to a PostgreSQL server and brings the schema up to date. The first process says which key seals secrets; `data_dir` is
    /// made, because a key or files may come to be there.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when there is no connection, or other processes have another key.
    pub async fn connect(options: &PostgresOptions, data_dir: &Path, key: &KeySource) -> Result<Self, StoreError> {
        create_dir(data_dir)?;
        let db = Db::Postgres(postgres::open(options).await?);
        let secrets = agree_on_key(&db, key).await?;
        Ok(Self { db, secrets, search_patience: SEARCH_PATIENCE })
    }

    /// Gives searches of users up that take longer than this: then there is [`StoreError::TooSlow`].
    #[must_use]
    pub fn with_search_patience(self, search_patience: Duration) -> Self {
        Self { search_patience, ..self }
    }

    /// Whether several processes may use it at once.
    pub fn is_shared(&self) -> bool {
        matches!(self.db, Db::Postgres(_))
    }

    /// The time by the one clock that all processes have in common, the database's; `None`: there is one process, which has its own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn shared_time(&self) -> Result<Option<Timestamp>, StoreError> {
        let Db::Postgres(pool) = &self.db else { return Ok(None) };
        let millis = sqlx::query_scalar("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
        Ok(Some(Timestamp(millis.fetch_one(pool).await?)))
    }

    /// Waits for running statements and closes the database, so that its write-ahead log is folded into the file.
    pub async fn close(&self) {
        with_pool!(&self.db, pool => pool.close().await);
    }
}

fn create_dir(dir: &Path) -> Result<(), StoreError> {
    data_dir::create(dir).map_err(|error| StoreError::Io { path: dir.display().to_string(), error })
}

/// What tells the key from others that a database's secrets are sealed with.
const KNOWN_KEY: &str = "SELECT fingerprint FROM secrets_key";

/// Loads the key, unless what is in the database was sealed with another one. Only where nothing was sealed yet a key is made.
async fn agree_on_key(db: &Db, source: &KeySource) -> Result<SecretsKey, StoreError> {
    // Most of the time there is one, and nobody has to wait for whoever writes.
    let known: Option<String> = with_pool!(db, pool => sqlx::query_scalar(KNOWN_KEY).fetch_optional(pool).await)?;
    if let Some(known) = known {
        return load_key(source, &known);
    }
    with_pool!(db, pool => {
        let mut transaction = pool.begin_writing().await?;
        let known: Option<String> = sqlx::query_scalar(KNOWN_KEY).fetch_optional(&mut *transaction).await?;
        if let Some(known) = known {
            return load_key(source, &known);
        }
        let key = source.load()?;
        let insert = sqlx::query("INSERT INTO secrets_key (id, fingerprint) VALUES (1, $1)");
        insert.bind(key.fingerprint()).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(key)
    })
}

/// The key that has this fingerprint.
fn load_key(source: &KeySource, fingerprint: &str) -> Result<SecretsKey, StoreError> {
    let unusable = |message: &str| Err(StoreError::Unusable(message.to_owned()));
    if !source.exists() {
        return unusable(
            "this database's secrets were sealed with a key that this process does not have: set secrets_key or secrets_key_file to \
             it, or copy its secrets.key into the data directory",
        );
    }
    let key = source.load()?;
    if key.fingerprint() != fingerprint {
        return unusable(
            "the secrets key of this process is not the one that this database was first used with: set secrets_key or \
             secrets_key_file to that one, or copy its secrets.key into the data directory",
        );
    }
    Ok(key)
}

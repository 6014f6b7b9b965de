//! The database that the store talks to, chosen once at start.

use std::path::{Path, PathBuf};

use sqlx::{PgPool, SqlitePool};

use crate::server::data_dir;

use super::{StoreError, dialect::sqlite, secrets::SecretsKey, user_search};

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
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens `muster.db` in `data_dir`, making both and bringing the schema up to date.
    ///
    /// # Errors
    /// When the directory can't be made, the file can't be opened, or it is from a newer version of Muster.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let io = |path: &Path, error| StoreError::Io { path: path.display().to_string(), error };
        data_dir::create(data_dir).map_err(|error| io(data_dir, error))?;
        let key_file = data_dir.join("secrets.key");
        let secrets = SecretsKey::load_or_create(&key_file).map_err(|error| io(&key_file, error))?;
        let file = data_dir.join("muster.db");
        let pool = sqlite::open(&file).await?;
        sqlx::migrate!("src/server/store/migrations/sqlite").run(&pool).await?;
        user_search::complete(&file).await?;
        Ok(Self { db: Db::Sqlite { pool, file }, secrets })
    }

    /// Connects to a PostgreSQL server and brings the schema up to date.
    pub async fn connect(url: &str, data_dir: &Path) -> Result<Self, StoreError> {
        let io = |path: &Path, error| StoreError::Io { path: path.display().to_string(), error };
        data_dir::create(data_dir).map_err(|error| io(data_dir, error))?;
        let key_file = data_dir.join("secrets.key");
        let secrets = SecretsKey::load_or_create(&key_file).map_err(|error| io(&key_file, error))?;
        let pool = PgPool::connect(url).await?;
        sqlx::migrate!("src/server/store/migrations/postgres").run(&pool).await?;
        Ok(Self { db: Db::Postgres(pool), secrets })
    }

    /// Waits for running statements and closes the database, so that its write-ahead log is folded into the file.
    pub async fn close(&self) {
        with_pool!(&self.db, pool => pool.close().await);
    }
}

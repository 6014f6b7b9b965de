//! The database in the hands of another program, whichever database it is.

use std::{fs, time::Duration};

use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Connection, Decode, Executor, FromRow, Postgres, Sqlite, SqliteConnection, Type,
    postgres::PgRow,
    sqlite::{SqliteConnectOptions, SqliteRow},
};

use crate::support::World;

impl World {
    /// The file of a world on SQLite, for what only SQLite has.
    pub fn sqlite(&self) -> rusqlite::Connection {
        assert!(self.postgres.is_none());
        let sqlite = rusqlite::Connection::open(self.settings.data_dir.join("muster.db")).unwrap();
        sqlite.busy_timeout(Duration::from_secs(10)).unwrap();
        sqlite
    }

    async fn own_sqlite(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.settings.data_dir.join("muster.db"));
        SqliteConnection::connect_with(&options.busy_timeout(Duration::from_secs(10))).await.unwrap()
    }

    /// All rows, as tuples of their columns.
    pub async fn rows<T>(&self, sql: &str) -> Vec<T>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.postgres {
            Some(database) => sqlx::query_as(sql).fetch_all(&mut database.connect().await).await.unwrap(),
            None => sqlx::query_as(sql).fetch_all(&mut self.own_sqlite().await).await.unwrap(),
        }
    }

    /// The first column of all rows.
    pub async fn column<T>(&self, sql: &str) -> Vec<T>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
    {
        self.rows(sql).await.into_iter().map(|(value,)| value).collect()
    }

    /// The first column of the only row.
    pub async fn value<T>(&self, sql: &str) -> T
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
    {
        let mut column = self.column(sql).await;
        assert_eq!(column.len(), 1, "{sql}");
        column.remove(0)
    }

    /// How many there are of what a `SELECT count(*) FROM …` counts.
    pub async fn count(&self, from: &str) -> u64 {
        self.value::<i64>(&format!("SELECT count(*) FROM {from}")).await.try_into().unwrap()
    }

    /// Executes statements behind the program's back; how many rows they changed.
    pub async fn execute(&self, sql: &str) -> u64 {
        self.try_execute(sql).await.unwrap()
    }

    /// As [`World::execute`], where the database may refuse.
    pub async fn try_execute(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.postgres {
            Some(database) => database.connect().await.execute(sql).await.map(|done| done.rows_affected()),
            None => self.own_sqlite().await.execute(sql).await.map(|done| done.rows_affected()),
        }
    }

    /// All bytes that are stored, but for export files and uploads. Closes the store, so that none is on its way.
    pub async fn everything(&self) -> Vec<u8> {
        self.store.close().await;
        let files = fs::read_dir(&self.settings.data_dir).unwrap().map(|entry| entry.unwrap().path());
        let mut bytes: Vec<u8> = files.filter(|path| path.is_file()).flat_map(|path| fs::read(path).unwrap()).collect();
        if let Some(database) = &self.postgres {
            let mut connection = database.connect().await;
            for table in
                self.column::<String>("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'").await
            {
                let copy = format!("COPY {table} TO STDOUT (FORMAT binary)");
                let mut rows = connection.copy_out_raw(&copy).await.unwrap();
                while let Some(part) = rows.try_next().await.unwrap() {
                    bytes.extend_from_slice(&part);
                }
            }
        }
        bytes
    }

    /// Switches off what keeps the audit log from being changed.
    pub async fn unguard_audit_log(&self) {
        self.execute(match self.postgres {
            Some(_) => "ALTER TABLE audit_log DISABLE TRIGGER USER",
            None => {
                "DROP TRIGGER audit_log_is_not_updated; DROP TRIGGER audit_log_is_not_deleted;
                 DROP TRIGGER audit_log_is_a_chain"
            }
        })
        .await;
    }

    /// Writes what is no JSON into the metadata of users, which the database does not take as long as nobody tells it to.
    pub async fn break_metadata(&self, metadata: &str, of_whom: &str) {
        let off = match self.postgres {
            Some(_) => "ALTER TABLE users DROP CONSTRAINT IF EXISTS users_user_metadata_check",
            None => "PRAGMA ignore_check_constraints = true",
        };
        self.execute(&format!("{off}; UPDATE users SET user_metadata = '{metadata}' WHERE {of_whom}")).await;
    }
}

/// Whether these bytes are somewhere among those.
pub fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

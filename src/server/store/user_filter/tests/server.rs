//! A throw-away PostgreSQL server: that of all tests, or one of a test's own.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use crate::server::random;

/// Tries to reach a server that has only just been started.
const ATTEMPTS: u32 = 600;

/// The server, by its directory.
pub struct Postgres {
    dir: PathBuf,
    own: Option<(Child, TempDir)>,
}

impl Postgres {
    /// The one that `script/test` started, or else a new one.
    pub fn start() -> Self {
        if let Some(dir) = std::env::var_os("MUSTER_TEST_POSTGRES") {
            return Self { dir: dir.into(), own: None };
        }
        let dir = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("script/postgres");
        let child = Command::new(script).arg(dir.path()).stdin(Stdio::null()).spawn().unwrap();
        Self { dir: dir.path().to_owned(), own: Some((child, dir)) }
    }

    /// The address of a new, empty database.
    pub async fn database(&self) -> String {
        let name = format!("filter_{}", random::user_id_suffix());
        let mut connection = self.connect().await;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        self.address(&name)
    }

    async fn connect(&self) -> PgConnection {
        for _ in 0..ATTEMPTS {
            if let Ok(connection) = PgConnection::connect(&self.address("postgres")).await {
                return connection;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("script/postgres does not answer");
    }

    fn address(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.dir.display())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some((child, _)) = &mut self.own {
            let _ = Command::new("kill").args(["-QUIT", &child.id().to_string()]).status();
            let _ = child.wait();
        }
    }
}

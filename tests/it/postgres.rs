//! A throw-away PostgreSQL, and databases in it.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use muster::server::{random, store::PostgresOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, migrate::Migrator};
use tempfile::TempDir;

use crate::support::eventually;

/// Names the directory of a server for all tests, which `script/test` starts.
const SHARED: &str = "MUSTER_TEST_POSTGRES";

/// The schema of this version.
static SCHEMA: Migrator = sqlx::migrate!("src/server/store/migrations/postgres");

/// A server of one test, stopped with it.
pub struct Cluster {
    dir: TempDir,
    /// Absent while it is stopped.
    child: Option<Child>,
    options: Vec<String>,
}

impl Cluster {
    /// Starts one with these options of `postgres`, and waits until it answers.
    pub async fn start(options: &[&str]) -> Self {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut cluster = Self { dir: tempfile::tempdir().unwrap(), child: None, options };
        cluster.run().await;
        cluster
    }

    async fn run(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("script/postgres");
        let mut command = Command::new(script);
        command.arg(self.dir.path()).args(&self.options).stdin(Stdio::null());
        let child = self.child.insert(command.spawn().unwrap());
        let url = url(self.dir.path(), "postgres", "postgres");
        eventually(async || {
            assert!(child.try_wait().unwrap().is_none(), "script/postgres ended");
            PgConnection::connect(&url).await.ok()
        })
        .await;
    }

    /// Stops it as a crash does, which all its connections notice.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = Command::new("kill").args(["-QUIT", &child.id().to_string()]).status();
            let _ = child.wait();
        }
    }

    /// Stops it and starts it again.
    pub async fn restart(&mut self) {
        self.stop();
        self.run().await;
    }

    /// A new database in it.
    pub async fn database(&self) -> Database {
        Database::create(self.dir.path().to_owned(), None, "template1").await
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The address of a database of the server in this directory.
fn url(dir: &Path, user: &str, database: &str) -> String {
    format!("postgres://{user}@localhost/{database}?host={}", dir.display())
}

/// A database, deleted in the end.
pub struct Database {
    name: String,
    dir: PathBuf,
    /// The server, if it is this test's own: it goes with the database.
    cluster: Option<Cluster>,
}

/// The directory of the server of all tests, once it answers.
async fn shared() -> Option<PathBuf> {
    let dir = PathBuf::from(std::env::var_os(SHARED)?);
    // It may have been started this very moment.
    let url = url(&dir, "postgres", "postgres");
    eventually(async || PgConnection::connect(&url).await.ok()).await;
    Some(dir)
}

/// The name of a database with nothing but the schema. The first test makes it, and all others wait.
async fn template(dir: &Path) -> String {
    let checksums: Vec<u8> = SCHEMA.iter().flat_map(|migration| migration.checksum.to_vec()).collect();
    let name = format!("schema_{}", &random::sha256_hex(&checksums)[..16]);
    let mut turn = PgConnection::connect(&url(dir, "postgres", "postgres")).await.unwrap();
    turn.execute("SELECT pg_advisory_lock(1)").await.unwrap();
    let found = sqlx::query("SELECT FROM pg_database WHERE datname = $1").bind(&name);
    if found.fetch_optional(&mut turn).await.unwrap().is_none() {
        let making = Database::create(dir.to_owned(), None, "template1").await;
        let mut connection = making.connect().await;
        SCHEMA.run(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        making.as_superuser("postgres", &format!("ALTER DATABASE {} RENAME TO {name}", making.name)).await;
    }
    name
}

impl Database {
    /// Makes one on the server of all tests, or on one of its own.
    pub async fn new() -> Self {
        match shared().await {
            Some(dir) => Self::create(dir, None, "template1").await,
            None => {
                let cluster = Cluster::start(&[]).await;
                Self::create(cluster.dir.path().to_owned(), Some(cluster), "template1").await
            }
        }
    }

    /// One for a store, which makes the tables unless they are there: a copy has them, and is made in less time.
    pub async fn for_store() -> Self {
        match shared().await {
            Some(dir) => {
                let template = template(&dir).await;
                Self::create(dir, None, &template).await
            }
            None => Self::new().await,
        }
    }

    async fn create(dir: PathBuf, cluster: Option<Cluster>, template: &str) -> Self {
        let database = Self { name: format!("test_{}", random::user_id_suffix()), dir, cluster };
        let create = format!("CREATE DATABASE {} TEMPLATE {template}", database.name);
        database.as_superuser("postgres", &create).await;
        database
    }

    /// Its address for the superuser.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Its address for this user, who may have a password: `name:password`.
    pub fn url_of(&self, user: &str) -> String {
        url(&self.dir, user, &self.name)
    }

    /// A connection to it.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.unwrap()
    }

    /// Executes a statement in it.
    pub async fn execute(&self, sql: &str) -> u64 {
        self.as_superuser(&self.name, sql).await
    }

    async fn as_superuser(&self, database: &str, sql: &str) -> u64 {
        let mut connection = PgConnection::connect(&url(&self.dir, "postgres", database)).await.unwrap();
        let done = connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
        connection.close().await.unwrap();
        done.rows_affected()
    }

    /// How a test connects to it.
    pub fn options(&self) -> PostgresOptions {
        PostgresOptions {
            url: self.url(),
            pool_size: 8,
            acquire_timeout: Duration::from_secs(20),
            statement_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(60),
            max_lifetime: Duration::from_secs(600),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.cluster.is_some() {
            return; // it goes with its server
        }
        // Nothing can wait for sqlx here. If it fails, the server's directory goes soon.
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let mut command = Command::new("psql");
        command.args(["--quiet", "--username=postgres", "--command", &sql, "postgres", "--host"]).arg(&self.dir);
        let _ = command.stderr(Stdio::null()).status();
    }
}

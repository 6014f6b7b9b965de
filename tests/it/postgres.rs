//! A throw-away PostgreSQL, and databases in it.

use std::{
    fmt, fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
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

/// The port that a server's socket is named after, unless it listens elsewhere too.
const PORT: u16 = 5432;

/// Where a server's socket is: in this directory, named after this port.
#[derive(Clone)]
struct Socket {
    dir: PathBuf,
    port: u16,
}

impl Socket {
    /// The address of a database behind it.
    fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@localhost:{}/{database}?host={}", self.port, self.dir.display())
    }
}

/// A server of one test, stopped with it.
pub struct Cluster {
    dir: TempDir,
    port: u16,
    /// Absent while it is stopped.
    child: Option<Child>,
    options: Vec<String>,
}

impl Cluster {
    /// Starts one with these options of `postgres`, and waits until it answers.
    pub async fn start(options: &[&str]) -> Self {
        Self::start_on(PORT, options).await
    }

    async fn start_on(port: u16, options: &[&str]) -> Self {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut cluster = Self { dir: tempfile::tempdir().unwrap(), port, child: None, options };
        cluster.run().await;
        cluster
    }

    /// Starts one that listens on a free port of 127.0.0.1 too, and speaks TLS with this certificate and its key (PEM).
    pub async fn start_with_tls(certificate: &str, key: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let named = format!("port={port}");
        let mut cluster = Self::start_on(port, &["-c", &named, "-c", "listen_addresses=127.0.0.1"]).await;
        cluster.stop();
        // It takes no key that others may read, so they belong to whoever it runs as, which is known only now.
        let data = cluster.dir.path().join("data");
        let owner = fs::metadata(&data).unwrap();
        for (name, content) in [("server.crt", certificate), ("server.key", key)] {
            let path = data.join(name);
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        cluster.options.extend(["-c".to_owned(), "ssl=on".to_owned()]);
        cluster.run().await;
        cluster
    }

    fn socket(&self) -> Socket {
        Socket { dir: self.dir.path().to_owned(), port: self.port }
    }

    async fn run(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("script/postgres");
        let mut command = Command::new(script);
        command.arg(self.dir.path()).args(&self.options).stdin(Stdio::null());
        let url = self.socket().url("postgres", "postgres");
        let child = self.child.insert(command.spawn().unwrap());
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
        Database::create(self.socket(), None, "template1").await
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A database, deleted in the end.
pub struct Database {
    name: String,
    socket: Socket,
    /// The server, if it is this test's own: it goes with the database.
    cluster: Option<Cluster>,
}

/// The server of all tests, once it answers.
async fn shared() -> Option<Socket> {
    let socket = Socket { dir: PathBuf::from(std::env::var_os(SHARED)?), port: PORT };
    // It may have been started this very moment.
    let url = socket.url("postgres", "postgres");
    eventually(async || PgConnection::connect(&url).await.ok()).await;
    Some(socket)
}

/// The name of a database with nothing but the schema. The first test makes it, and all others wait.
async fn template(socket: &Socket) -> String {
    let checksums: Vec<u8> = SCHEMA.iter().flat_map(|migration| migration.checksum.to_vec()).collect();
    let name = format!("schema_{}", &random::sha256_hex(&checksums)[..16]);
    let mut turn = PgConnection::connect(&socket.url("postgres", "postgres")).await.unwrap();
    turn.execute("SELECT pg_advisory_lock(1)").await.unwrap();
    let found = sqlx::query("SELECT FROM pg_database WHERE datname = $1").bind(&name);
    if found.fetch_optional(&mut turn).await.unwrap().is_none() {
        let making = Database::create(socket.clone(), None, "template1").await;
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
            Some(socket) => Self::create(socket, None, "template1").await,
            None => {
                let cluster = Cluster::start(&[]).await;
                Self::create(cluster.socket(), Some(cluster), "template1").await
            }
        }
    }

    /// One for a store, which makes the tables unless they are there: a copy has them, and is made in less time.
    pub async fn for_store() -> Self {
        match shared().await {
            Some(socket) => {
                let template = template(&socket).await;
                Self::create(socket, None, &template).await
            }
            None => Self::new().await,
        }
    }

    async fn create(socket: Socket, cluster: Option<Cluster>, template: &str) -> Self {
        let database = Self { name: format!("test_{}", random::user_id_suffix()), socket, cluster };
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
        self.socket.url(user, &self.name)
    }

    /// The same where the server listens, by this name of the machine and with these parameters.
    pub fn tcp_url(&self, user: &str, host: &str, parameters: &str) -> String {
        format!("postgres://{user}@{host}:{}/{}?{parameters}", self.socket.port, self.name)
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
        let mut connection = PgConnection::connect(&self.socket.url("postgres", database)).await.unwrap();
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
        command.args(["--quiet", "--username=postgres", "--command", &sql, "postgres", "--host"]).arg(&self.socket.dir);
        let _ = command.stderr(Stdio::null()).status();
    }
}

//! A throw-away PostgreSQL server.

use std::{
    fs,
    os::unix::fs::{MetadataExt, chown},
    path::PathBuf,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// A server that nobody reaches but by a socket in its directory. It ends, and the directory goes, when this is dropped.
pub struct Postgres {
    dir: TempDir,
    databases: AtomicU32,
}

/// Nobody in particular: the server refuses to run as root.
const NOBODY: u32 = 65_534;

impl Postgres {
    /// Starts a server.
    pub fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
        if is_root() {
            chown(dir.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let server = Self { dir, databases: AtomicU32::new(0) };
        let data = server.dir.path().join("data");
        let data = data.to_str().unwrap();
        server
            .run("initdb", &["-D", data, "-U", "muster", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
        let options = format!("-k {} -c listen_addresses= -c fsync=off", server.dir.path().display());
        let log = server.dir.path().join("log");
        server.run("pg_ctl", &["-D", data, "-l", log.to_str().unwrap(), "-o", &options, "-w", "start"]);
        server
    }

    /// The address of a new, empty database.
    pub async fn database(&self) -> String {
        let address = |name: &str| format!("postgres://muster@localhost/{name}?host={}", self.dir.path().display());
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&address("postgres")).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        address(&name)
    }

    /// Runs one of PostgreSQL's programs.
    fn run(&self, program: &str, args: &[&str]) {
        let program = programs().join(program);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(&program);
                command
            }
            false => Command::new(&program),
        };
        let output = command.args(args).current_dir(self.dir.path()).stdin(Stdio::null()).stdout(Stdio::null());
        let status = output.stderr(Stdio::null()).status().unwrap();
        assert!(status.success(), "{}: {status}", program.display());
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.dir.path().join("data");
        self.run("pg_ctl", &["-D", data.to_str().unwrap(), "-m", "immediate", "-w", "stop"]);
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Where PostgreSQL's programs are: on the `PATH`, or where Debian keeps those of its newest version.
fn programs() -> PathBuf {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(found) = std::env::split_paths(&on_path).find(|dir| dir.join("initdb").exists()) {
        return found;
    }
    let versions = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL's server is not installed");
    let mut dirs: Vec<_> = versions.map(|version| version.unwrap().path().join("bin")).collect();
    dirs.sort();
    dirs.pop().expect("PostgreSQL's server is not installed")
}

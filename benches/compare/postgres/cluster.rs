//! A PostgreSQL of the benches' own, whose data is kept from run to run.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    data::{CONNECTION, Data},
    process::seconds,
};

/// How long the server may take to start; after a crash it reads its log first.
const PATIENCE: Duration = Duration::from_secs(60);

/// Processes on one database have to have the same key, and each run has another data directory.
const SECRETS_KEY: &str = "c2NyaXB0L2JlbmNoIGtlZXBzIG5vIHNlY3JldHMhISE=";

/// The server, stopped in the end.
pub struct Cluster {
    dir: PathBuf,
    server: Child,
}

impl Cluster {
    /// Starts it on the data in `dir`, with settings of a server of 4 GB of memory.
    pub fn start(dir: &Path) -> Self {
        fs::create_dir_all(dir).unwrap();
        let dir = fs::canonicalize(dir).unwrap();
        let mut command = Command::new("script/postgres");
        command.arg(&dir).args(["-c", "shared_buffers=1GB", "-c", "max_wal_size=4GB"]);
        let cluster = Self { server: command.stdin(Stdio::null()).spawn().unwrap(), dir };
        let began = Instant::now();
        while !cluster.psql("postgres", "SELECT 1").stderr(Stdio::null()).status().unwrap().success() {
            assert!(began.elapsed() < PATIENCE, "PostgreSQL does not start: see {}", cluster.dir.display());
            thread::sleep(Duration::from_millis(100));
        }
        cluster
    }

    /// The shell, about to run a statement on a database.
    pub fn psql(&self, database: &str, sql: &str) -> Command {
        let mut command = Command::new("psql");
        command.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-h"]).arg(&self.dir);
        command
            .env("PGOPTIONS", "--client-min-messages=warning")
            .args(["-c", sql])
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// The number that a statement selects.
    pub fn number(&self, database: &str, sql: &str) -> f64 {
        let output = self.psql(database, sql).stdout(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    }

    /// What tells Muster to work on a database.
    pub fn configure(&self, database: &str, command: &mut Command) {
        let url = format!("postgres://postgres@localhost/{database}?host={}", self.dir.display());
        command.env("MUSTER_DATABASE_URL", url).env("MUSTER_SECRETS_KEY", SECRETS_KEY);
    }

    /// A database with the connection and nothing else, instead of the one of this name.
    pub fn make_empty(&self, database: &str, data: &Data, dir: &Path) {
        seconds(&mut self.psql("postgres", &format!("DROP DATABASE IF EXISTS {database}")));
        seconds(&mut self.psql("postgres", &format!("CREATE DATABASE {database} TEMPLATE template0")));
        let mut add = data.add_connection(dir);
        self.configure(database, &mut add);
        seconds(&mut add);
    }

    /// The database with the users of [`Data::base`].
    pub fn base(&self, data: &Data, dir: &Path) -> String {
        let database = format!("users_{}", data.users());
        let is_there = format!("SELECT count(*) FROM pg_database WHERE datname = '{database}'");
        if self.number("postgres", &is_there) == 0.0 {
            eprintln!("{} users: importing them into PostgreSQL, once", data.users());
            let partial = format!("{database}_partial");
            self.make_empty(&partial, data, dir);
            seconds(&mut self.import(&partial, data, dir));
            // So that the first reader need not do what all later ones are spared.
            seconds(&mut self.psql(&partial, "VACUUM (FREEZE, ANALYZE)"));
            seconds(&mut self.psql("postgres", &format!("ALTER DATABASE {partial} RENAME TO {database}")));
        }
        database
    }

    /// `muster import` of the users of [`Data::base`].
    pub fn import(&self, database: &str, data: &Data, dir: &Path) -> Command {
        let mut command = data.muster();
        command.args(["import", "--restore", "--connection", CONNECTION, "--data-dir"]).arg(dir);
        command.arg(data.ndjson()).stdout(Stdio::null()).stderr(File::create(dir.join("import.log")).unwrap());
        self.configure(database, &mut command);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT: it ends its sessions, and writes what it has into its files.
        let _ = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
    }
}

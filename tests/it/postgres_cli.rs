//! The program on PostgreSQL, as it is started from a shell: settings, errors, workers.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use crate::{cli::muster, postgres::Database, process::Process, support::eventually};

/// A command on the database of this address.
pub fn on(dir: &Path, url: &str, args: &[&str]) -> Command {
    let mut command = muster(dir, args);
    command.env("MUSTER_DATABASE_URL", url);
    command
}

fn ok(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The one line that a command fails with.
pub fn complaint(output: &Output) -> String {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

#[tokio::test]
async fn every_command_works_on_the_database_that_is_set() {
    let database = Database::new().await;
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let url = database.url();
    assert!(ok(&mut on(dir, &url, &["connection", "add", "Db"])).starts_with("con_"));
    // By a flag, and from another directory: what is stored is in the database, and the key is where the settings say.
    let elsewhere = tempfile::tempdir().unwrap();
    let key = dir.join("data/secrets.key");
    let mut list = muster(elsewhere.path(), &["connection", "list", "--database-url", &url]);
    assert!(ok(list.env("MUSTER_SECRETS_KEY_FILE", &key)).contains("\tDb\tauth0"));
    assert!(!elsewhere.path().join("data/secrets.key").exists());
    assert!(ok(&mut on(dir, &url, &["member", "add", "ann@acme.test", "--role", "admin"])).contains("password\t"));
    assert_eq!(ok(&mut on(dir, &url, &["member", "list"])), "ann@acme.test\tAdmin\tActive\n");
    assert!(ok(&mut on(dir, &url, &["client", "add", "nightly", "--scope", "read:users"])).contains("client_secret="));
    assert!(ok(&mut on(dir, &url, &["audit", "verify"])).starts_with("2 entries, chain intact"));
    assert!(!dir.join("data/muster.db").exists());
}

#[tokio::test]
async fn what_is_wrong_is_one_line_that_shows_no_password() {
    let database = Database::new().await;
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let role = format!("role_{}", muster::server::random::user_id_suffix());
    database.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'hunter2'")).await;
    let wrong = database.url_of(&format!("{role}:hunter3"));
    let missing = database.url().replace("/test_", "/nowhere_");
    let tls = format!("{}&sslmode=require", database.url());
    for (url, words) in [
        ("mysql://muster:hunter2@db/muster".to_owned(), "database_url must be like postgres://"),
        ("postgres://muster:hunter2@db/muster?sslmode=on".to_owned(), "database_url: sslmode must be one of disable,"),
        ("postgres://muster:hunter2@127.0.0.1:9/muster".to_owned(), "can't connect to PostgreSQL on 127.0.0.1:9"),
        (wrong, "refuses the password of the user \"role_"),
        (missing, "has no database \"nowhere_"),
        (tls, "no TLS with PostgreSQL on"),
    ] {
        let said = complaint(&on(dir, &url, &["connection", "list"]).output().unwrap());
        assert!(said.contains(words), "{url}: {said}");
        assert!(!said.contains("hunter"), "{said}");
    }
    let said = complaint(&on(dir, &database.url(), &["serve"]).env("MUSTER_SECRETS_KEY", "c2hvcnQ=").output().unwrap());
    assert!(said.contains("secrets_key must be base64 of 32 bytes"), "{said}");
    database.execute(&format!("DROP ROLE {role}")).await;
}

#[tokio::test]
async fn the_right_password_gets_in() {
    let database = Database::new().await;
    let dir = tempfile::tempdir().unwrap();
    let role = format!("role_{}", muster::server::random::user_id_suffix());
    database.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'p@ss word'")).await;
    database.execute(&format!("GRANT CREATE ON SCHEMA public TO {role}")).await;
    let url = database.url_of(&format!("{role}:p%40ss%20word"));
    let output = on(dir.path(), &url, &["connection", "add", "Db"]).env("MUSTER_LOG", "trace").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("sqlx"), "{said}");
    assert!(!said.contains("p@ss word") && !said.contains("p%40ss"), "whatever is logged: {said}");
    database.execute(&format!("DROP OWNED BY {role}")).await;
    database.execute(&format!("DROP ROLE {role}")).await;
}

#[test]
fn a_worker_without_a_database_for_several_processes_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let said = complaint(&muster(dir.path(), &["worker"]).output().unwrap());
    assert!(said.contains("needs a PostgreSQL database: set database_url"), "{said}");
    let mut idle = on(dir.path(), "postgres://db/muster", &["worker", "--workers", "0", "--sample-workers", "0"]);
    let said = complaint(&idle.args(["--import-workers", "0"]).output().unwrap());
    assert!(said.contains("nothing for this process to do"), "{said}");
    let said = complaint(&muster(dir.path(), &["serve", "--workers", "0"]).output().unwrap());
    assert!(said.contains("workers must be 1 or more: with SQLite"), "{said}");
    assert!(!dir.path().join("data").exists(), "nothing was made");
}

/// A worker that has begun to work.
fn start_worker(dir: &Path, url: &str) -> Child {
    let mut worker = on(dir, url, &["worker"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(worker.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "Muster works: 2 exports, 2 samples and 2 imports at once\n");
    worker
}

#[tokio::test]
async fn several_processes_start_at_once_and_stop_when_they_are_told_to() {
    let database = Database::new().await;
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let url = database.url();
    // All of them make the tables, if nobody else does.
    let mut add = on(dir, &url, &["member", "add", "ann@acme.test", "--role", "admin"]);
    let adding = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut workers = [start_worker(dir, &url), start_worker(dir, &url)];
    std::io::Write::write_all(&mut adding.stdin.as_ref().unwrap(), crate::support::PASSWORD.as_bytes()).unwrap();
    assert!(adding.wait_with_output().unwrap().status.success());
    let pages = |command: &mut Command| {
        command.args(["--workers", "0", "--sample-workers", "0", "--import-workers", "0"]);
        command.env("MUSTER_DATABASE_URL", &url);
    };
    let (one, two) = (Process::start_with(dir, pages).await, Process::start_with(dir, pages).await);
    // A session of one server is one of the other.
    let mut other = one.client.clone();
    other.url.clone_from(&two.client.url);
    assert!(other.is_signed_in().await);
    for worker in &mut workers {
        assert!(Command::new("kill").arg(worker.id().to_string()).status().unwrap().success());
        let status = eventually(async || worker.try_wait().unwrap()).await;
        let mut said = String::new();
        worker.stderr.as_mut().unwrap().read_to_string(&mut said).unwrap();
        assert!(status.success(), "{said}");
    }
}

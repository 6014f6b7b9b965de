//! Several servers and workers on one PostgreSQL: whatever happens to them, every job ends once, and right.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use muster::domain::job::{JobId, JobStatus};
use sqlx::PgConnection;

use crate::{
    cli::muster,
    postgres::{Cluster, Database},
    process::{Process, add_admin_with, add_users_with},
    support::eventually,
};

const JOBS: usize = 40;

const USERS: u64 = 20_000;

const LEASE_SECONDS: u64 = 2;

/// What every process is started with.
fn settings(command: &mut Command, url: &str) {
    command
        .env("MUSTER_DATABASE_URL", url)
        .env("MUSTER_LEASE_SECONDS", LEASE_SECONDS.to_string())
        .env("MUSTER_MAX_RUNNING_EXPORTS", "3");
}

/// A worker of its own process, killed with the test.
pub struct Worker(Child);

impl Worker {
    pub fn start(dir: &Path, settings: impl FnOnce(&mut Command)) -> Self {
        let mut command = muster(dir, &["worker", "--workers", "2", "--sample-workers", "1", "--import-workers", "1"]);
        settings(&mut command);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("Muster works"), "{line}");
        Self(child)
    }

    pub fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub async fn count(database: &Database, sql: &'static str) -> usize {
    let mut connection: PgConnection = database.connect().await;
    let count: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    count.try_into().unwrap()
}

/// How many jobs have ended once, by the audit log.
pub const ENDED_ONCE: &str = "SELECT count(*) FROM (
    SELECT job_id FROM audit_log WHERE action IN ('export_completed', 'export_failed', 'import_completed', 'import_failed',
        'job_cancelled')
    GROUP BY job_id HAVING count(*) = 1) AS once";

/// How many jobs have ended.
pub const ENDED: &str = "SELECT count(*) FROM jobs WHERE status NOT IN ('pending', 'processing')";

/// Waits until so many jobs have ended.
async fn ended(database: &Database, jobs: usize) {
    eventually(async || (count(database, ENDED).await >= jobs).then_some(())).await;
}

/// The form of the page Export Users: every third is a sample.
pub fn form(number: usize) -> Vec<(&'static str, &'static str)> {
    let format = if number.is_multiple_of(2) { "csv" } else { "json" };
    let mut form = vec![("form[format]", format), ("form[include_defaults]", "true")];
    if number.is_multiple_of(3) {
        form.push(("form[sample]", "true"));
    }
    form
}

#[tokio::test]
async fn forty_jobs_of_two_servers_and_two_workers_end_once_whatever_happens() {
    let mut cluster = Cluster::start(&[]).await;
    let database = cluster.database().await;
    let url = database.url();
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let on = |command: &mut Command| settings(command, &url);
    add_admin_with(dir, on);
    add_users_with(dir, USERS, on);

    let pages = |command: &mut Command| {
        command.args(["--workers", "0", "--sample-workers", "0", "--import-workers", "0"]);
        settings(command, &url);
    };
    let servers = [Process::start_with(dir, pages).await, Process::start_with(dir, pages).await];
    let mut workers = [Worker::start(dir, on), Worker::start(dir, on)];
    let mut ids: Vec<JobId> = Vec::new();
    for number in 0..JOBS {
        ids.push(servers[number % 2].client.submit(&form(number)).await);
    }

    ended(&database, 5).await;
    workers[0] = Worker::start(dir, on); // the one before it is killed
    ended(&database, 10).await;
    workers[1].signal("-STOP");
    let began = std::time::Instant::now();
    ended(&database, 20).await;
    // Beyond its lease, whatever it was at.
    tokio::time::sleep(Duration::from_secs(2 * LEASE_SECONDS).saturating_sub(began.elapsed())).await;
    workers[1].signal("-CONT");
    cluster.restart().await;
    ended(&database, JOBS).await;

    let mut checksums: HashMap<_, String> = HashMap::new();
    for (number, id) in ids.iter().enumerate() {
        let job = servers[(number + 1) % 2].client.job(id).await;
        let context = format!("{number}: {job:?}");
        assert_eq!(job.status, JobStatus::Completed, "{context}");
        assert_eq!(job.progress.rows, if number.is_multiple_of(3) { 10 } else { USERS }, "{context}");
        let sha256 = job.sha256.clone().unwrap();
        assert_eq!(
            *checksums.entry((number % 2, number.is_multiple_of(3))).or_insert_with(|| sha256.clone()),
            sha256,
            "{context}"
        );
        // Each server has every job's file.
        let link = servers[number % 2].client.mint(id).await;
        let file = servers[(number + 1) % 2].client.get(&format!("{link}.gz")).send().await.unwrap();
        assert_eq!(muster::server::random::sha256_hex(&file.bytes().await.unwrap()), sha256, "{context}");
    }
    assert_eq!(count(&database, ENDED_ONCE).await, JOBS);
    let mut verify = muster(dir, &["audit", "verify"]);
    settings(&mut verify, &url);
    assert!(verify.stdout(Stdio::null()).status().unwrap().success());
    // What lost leases have left is swept away.
    let left = || std::fs::read_dir(dir.join("data/exports")).unwrap().count();
    eventually(async || (left() == JOBS).then_some(())).await;
}

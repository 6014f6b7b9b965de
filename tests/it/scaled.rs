//! The scaled set-up: servers and workers that share nothing but PostgreSQL and an object store, while all of these fail.

use std::{
    collections::HashMap,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use muster::{
    domain::job::{JobId, JobStatus},
    server::random::sha256_hex,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use crate::{
    chaos::seed,
    cli::muster,
    postgres::{Cluster, Database},
    process::{Process, add_admin_with, add_users_with, succeed_with},
    processes::{ENDED, ENDED_ONCE, Worker, count, form},
    scaled_imports::{Import, assert_users, users_before},
    support::eventually,
    weed::{KEY, SECRET, Weed},
};

const JOBS: usize = 200;

/// In the connection that is exported.
const USERS: u64 = 5_000;

const WORKERS: usize = 3;

const LEASE_SECONDS: u64 = 2;

/// How long the object store is away.
const OUTAGE: Duration = Duration::from_secs(20);

/// What all processes have in common; each has a directory of its own besides.
struct Settings {
    database_url: String,
    files_url: String,
}

impl Settings {
    fn give(&self, command: &mut Command) {
        command
            .env("MUSTER_DATABASE_URL", &self.database_url)
            .env("MUSTER_FILES_URL", &self.files_url)
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("MUSTER_SECRETS_KEY", "0123456789abcdef0123456789abcdef0123456789A=")
            .env("MUSTER_LEASE_SECONDS", LEASE_SECONDS.to_string());
    }

    /// A server that leaves all jobs to the workers.
    async fn serve(&self, dir: &Path) -> Process {
        Process::start_with(dir, |command| {
            command.args(["--workers", "0", "--sample-workers", "0", "--import-workers", "0"]);
            self.give(command);
        })
        .await
    }

    fn work(&self, dir: &Path) -> Worker {
        Worker::start(dir, |command| self.give(command))
    }

    /// Makes a connection with the users who are there before the imports.
    fn prepare_imports(&self, dir: &Path) {
        succeed_with(dir, &["connection", "add", IMPORTED], Stdio::null(), |command| self.give(command));
        let users: String = (0..JOBS).filter(|number| is_import(*number)).map(users_before).collect();
        std::fs::write(dir.join("before.ndjson"), users).unwrap();
        let args = ["import", "--connection", IMPORTED, "before.ndjson"];
        succeed_with(dir, &args, Stdio::null(), |command| self.give(command));
    }
}

/// The connection that is imported into, and not exported: the exports' files stay the same.
const IMPORTED: &str = "Imported";

/// About every tenth job, by one server and the other in turn.
fn is_import(number: usize) -> bool {
    number % 9 == 4
}

/// The id of a connection.
async fn connection(database: &Database, name: &str) -> String {
    let query = sqlx::query_scalar("SELECT id FROM connections WHERE name = $1").bind(name);
    query.fetch_one(&mut database.connect().await).await.unwrap()
}

/// By the audit log.
const IMPORTS_COMPLETED: &str = "SELECT count(*) FROM audit_log WHERE action = 'import_completed'";

/// Kills workers, and has others stand still, some beyond their leases, until so many jobs have ended.
async fn disturb(
    random: &mut StdRng,
    workers: &mut [Worker; WORKERS],
    start: impl Fn() -> Worker,
    database: &Database,
    jobs: usize,
) {
    let began = Instant::now();
    while count(database, ENDED).await < jobs {
        assert!(began.elapsed() < Duration::from_secs(300), "{jobs} jobs do not end");
        let worker = &mut workers[random.random_range(0..WORKERS)];
        if random.random_bool(0.5) {
            *worker = start(); // the one before it is killed
            tokio::time::sleep(Duration::from_millis(random.random_range(200..2_000))).await;
        } else {
            worker.signal("-STOP");
            tokio::time::sleep(Duration::from_millis(random.random_range(100..LEASE_SECONDS * 2_000))).await;
            worker.signal("-CONT");
        }
    }
}

#[tokio::test]
async fn two_hundred_jobs_of_two_servers_and_three_workers_end_once_and_right() {
    let (mut cluster, mut weed) = (Cluster::start(&[]).await, Weed::start().await);
    let database = cluster.database().await;
    let settings = Settings { database_url: database.url(), files_url: weed.url() };
    let dirs: [_; 2 + WORKERS] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
    let [first, second, others @ ..] = dirs.each_ref().map(|dir| dir.path());
    add_admin_with(first, |command| settings.give(command));
    add_users_with(first, USERS, |command| settings.give(command));
    settings.prepare_imports(first);
    let (exported, imported) = (connection(&database, "Db").await, connection(&database, IMPORTED).await);

    let servers = [settings.serve(first).await, settings.serve(second).await];
    let mut workers = others.map(|dir| settings.work(dir));
    let start = || settings.work(others[0]);
    let (mut exports, mut imports): (Vec<(usize, JobId)>, Vec<Import>) = (Vec::new(), Vec::new());
    for number in 0..JOBS {
        let client = &servers[number % 2].client;
        if is_import(number) {
            imports.push(Import::submit(client, &imported, number).await);
        } else {
            let mut form: Vec<(&str, &str)> = form(number);
            form.push(("form[connection]", &exported));
            exports.push((number, client.submit(&form).await));
        }
    }

    let random = &mut StdRng::seed_from_u64(seed(7));
    disturb(random, &mut workers, start, &database, JOBS / 4).await;
    cluster.restart().await;
    disturb(random, &mut workers, start, &database, JOBS / 2).await;
    weed.kill();
    let away = Instant::now();
    eventually(async || (away.elapsed() > OUTAGE).then_some(())).await;
    weed.start_again().await;
    disturb(random, &mut workers, start, &database, JOBS).await;

    let mut checksums: HashMap<_, String> = HashMap::new();
    for (number, id) in &exports {
        let is_sample = number.is_multiple_of(3);
        let job = servers[(number + 1) % 2].client.job(id).await;
        let rows = if is_sample { 10 } else { USERS };
        assert_eq!((job.status, job.progress.rows), (JobStatus::Completed, rows), "{number}: {job:?}");
        let sha256 = job.sha256.clone().unwrap();
        // The same users make the same file, whoever made it.
        assert_eq!(*checksums.entry((number % 2, is_sample)).or_insert_with(|| sha256.clone()), sha256, "{number}");
        let link = servers[number % 2].client.mint(id).await;
        let file = servers[(number + 1) % 2].client.get(&format!("{link}.gz")).send().await.unwrap();
        assert_eq!(sha256_hex(&file.bytes().await.unwrap()), sha256, "{number}");
    }
    for import in &imports {
        import.assert_right(&servers[0].client).await;
    }
    assert_users(&database, &imported, &imports).await;
    assert_eq!(count(&database, ENDED_ONCE).await, JOBS);
    assert_eq!(count(&database, IMPORTS_COMPLETED).await, imports.len());
    let mut verify = muster(first, &["audit", "verify"]);
    settings.give(&mut verify);
    assert!(verify.stdout(Stdio::null()).status().unwrap().success());
    // What lost leases and imports have left is swept away, and nothing of it is on a local disk.
    eventually(async || {
        (weed.objects().await.len() == exports.len() && weed.unfinished_uploads().await == 0).then_some(())
    })
    .await;
    for dir in &dirs {
        assert!(["exports", "imports"].iter().all(|files| !dir.path().join("data").join(files).exists()));
    }
}

//! Imports and uploads under whatever a machine can do to them: killed, stopped for longer than the lease, locked out of the
//! database. After every round each user is there once, each failure is told, and no file is left.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use muster::domain::job::{JobStatus, JobView};

use crate::{
    chaos::seed,
    cli::muster,
    import_support::number,
    process::{Process, add_admin, succeed},
    support::eventually,
};

const ROUNDS: u64 = 16;

const USERS: u64 = 15_000;

/// Shorter than a stop of the process, longer than a heartbeat.
const LEASE_SECONDS: &str = "1";

/// Longer than the lease.
const LONGER_THAN_LEASE: Duration = Duration::from_millis(1_300);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disturbance {
    Kill,
    KillTwice,
    Stop,
    LockDatabase,
}

const DISTURBANCES: [Disturbance; 4] =
    [Disturbance::Kill, Disturbance::KillTwice, Disturbance::Stop, Disturbance::LockDatabase];

async fn start(dir: &Path) -> Process {
    Process::start_with(dir, |command| {
        command.env("MUSTER_LEASE_SECONDS", LEASE_SECONDS);
    })
    .await
}

fn signal(process: &Process, signal: &str) {
    assert!(Command::new("kill").args([signal, &process.child.id().to_string()]).status().unwrap().success());
}

fn database(dir: &Path) -> rusqlite::Connection {
    let database = rusqlite::Connection::open(dir.join("data/muster.db")).unwrap();
    database.busy_timeout(Duration::from_secs(20)).unwrap();
    database
}

/// The users of a round, of whom each hundredth has no e-mail address that is one.
fn file(round: u64) -> Vec<u8> {
    let user = |number: u64| match number.is_multiple_of(100) {
        true => format!("{{\"email\":\"broken {number}\",\"name\":\"round {round}\"}}\n"),
        false => format!("{{\"email\":\"{number}@round-{round}.example.com\",\"name\":\"{number}\"}}\n"),
    };
    (1..=USERS).flat_map(|number| user(number).into_bytes()).collect()
}

fn assert_whole(dir: &Path, job: &JobView, round: u64, context: &str) {
    assert_eq!(job.status, JobStatus::Completed, "{context}");
    let summary = job.summary.unwrap();
    let failed = USERS / 100;
    assert_eq!((summary.total, summary.inserted, summary.failed), (USERS, USERS - failed, failed), "{context}");
    let database = database(dir);
    let count = |sql: &str, key: &str| -> u64 { number(&database, sql, [key]) };
    let users = count("SELECT count(*) FROM users WHERE email LIKE '%@' || ?1", &format!("round-{round}.example.com"));
    assert_eq!(users, USERS - failed, "{context}");
    let of_job = |sql| count(sql, job.id.as_str());
    assert_eq!(
        of_job("SELECT count(*) FROM import_failures WHERE job_id = ?1 AND number % 100 = 0"),
        failed,
        "{context}"
    );
    assert_eq!(of_job("SELECT count(*) FROM import_failures WHERE job_id = ?1"), failed, "{context}");
    assert_eq!(of_job("SELECT count(*) FROM import_users WHERE job_id = ?1"), 0, "{context}");
    let entries = "SELECT group_concat(action, ' ') FROM audit_log WHERE job_id = ?1 AND action LIKE 'import_%'";
    let entries: String = database.query_row(entries, [job.id.as_str()], |row| row.get(0)).unwrap();
    assert_eq!(entries, "import_submitted import_completed", "{context}");
}

#[tokio::test]
async fn rounds_of_chaos() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    succeed(dir, &["connection", "add", "Db"], Stdio::null());
    add_admin(dir);
    let mut server = start(dir).await;
    let connection: String = database(dir).query_row("SELECT id FROM connections", [], |row| row.get(0)).unwrap();
    let seed = seed(0) % 400;
    for round in 0..ROUNDS {
        let disturbance = DISTURBANCES[(round % 4) as usize];
        // Later and later, and early again: the same for the same seed.
        let moment = Duration::from_millis((seed + round * 37) % 400);
        let settings: &[&str] = if round % 2 == 0 { &[] } else { &["upsert"] };
        let id = server.client.import(&connection, settings, &file(round)).await;
        tokio::time::sleep(moment).await;
        match disturbance {
            Disturbance::Kill | Disturbance::KillTwice => {
                for _ in 0..=u8::from(disturbance == Disturbance::KillTwice) {
                    server.kill();
                    server = start(dir).await;
                    tokio::time::sleep(moment).await;
                }
            }
            Disturbance::Stop => {
                signal(&server, "-STOP");
                tokio::time::sleep(LONGER_THAN_LEASE).await;
                signal(&server, "-CONT");
            }
            Disturbance::LockDatabase => {
                let other = database(dir);
                other.execute_batch("BEGIN IMMEDIATE").unwrap();
                tokio::time::sleep(LONGER_THAN_LEASE).await;
                other.execute_batch("ROLLBACK").unwrap();
            }
        }
        let job = server.client.ended(&id).await;
        assert_whole(dir, &job, round, &format!("round {round}, {disturbance:?} after {moment:?}: {job:?}"));
    }
    eventually(async || (std::fs::read_dir(dir.join("data/imports")).unwrap().count() == 0).then_some(())).await;
    let verified = muster(dir, &["audit", "verify"]).stdout(Stdio::null()).status().unwrap();
    assert!(verified.success());
}

#[tokio::test]
async fn an_upload_goes_on_after_a_kill_where_it_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    succeed(dir, &["connection", "add", "Db"], Stdio::null());
    add_admin(dir);
    let mut server = start(dir).await;
    let connection: String = database(dir).query_row("SELECT id FROM connections", [], |row| row.get(0)).unwrap();
    let file = file(0);
    let id = server.client.begin_upload(file.len() as u64).await;
    let (mut sent, piece) = (0, file.len().div_ceil(5));
    while sent < file.len() {
        let end = (sent + piece).min(file.len());
        // While it is on its way: the answer may come, or not.
        let sending = tokio::spawn({
            let (client, id, bytes) = (server.client.clone(), id.clone(), file[sent..end].to_vec());
            async move {
                let request = client
                    .tus(reqwest::Method::PATCH, &format!("/uploads/{id}"))
                    .header("content-type", "application/offset+octet-stream")
                    .header("upload-offset", sent)
                    .body(bytes);
                request.send().await.is_ok_and(|response| response.status() == 204)
            }
        });
        tokio::time::sleep(Duration::from_millis((sent % 23) as u64)).await;
        server.kill();
        let told = sending.await.unwrap();
        server = start(dir).await;
        let offset = server.client.offset(&id).await as usize;
        assert!(offset <= end && (!told || offset == end), "{offset} of {end}, and told {told}");
        // What the kill has cost is sent again, undisturbed.
        assert_eq!(server.client.append(&id, offset as u64, &file[offset..end]).await.status(), 204);
        sent = end;
    }
    assert_eq!(std::fs::read(dir.join("data/imports").join(id.as_str())).unwrap(), file);
    let form = [("form[upload]", id.as_str()), ("form[connection]", connection.as_str())];
    let job = server.client.ask("submit_import", &form).await;
    let job = server.client.ended(&job).await;
    assert_whole(dir, &job, 0, "uploaded in pieces");
}

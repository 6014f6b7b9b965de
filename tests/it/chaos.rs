//! Exports under whatever a machine can do to them: killed, stopped for longer than the lease, locked out of the database,
//! without room on the disk, with a clock that jumps. After every round the job has ended right, nothing but finished files
//! can be downloaded or is on the disk, and the audit log is complete.

use std::{
    collections::HashMap,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use muster::{
    domain::job::{JobId, JobStatus, JobView},
    server::{random::sha256_hex, store::jobs::Lane},
};

use crate::{
    cli::muster,
    databases::on_every_database,
    disk::Disk,
    process::{Process, add_admin, add_users},
    support::{World, eventually, request},
};

on_every_database! {
    a_clock_that_jumps_by_an_hour_makes_no_job_end_wrong,
}

const ROUNDS: u32 = 50;

const USERS: u64 = 40_000;

/// Shorter than a stop of the process, longer than a heartbeat.
const LEASE_SECONDS: &str = "1";

/// Longer than the lease.
const LONGER_THAN_LEASE: Duration = Duration::from_millis(1_300);

/// Room for many files of these users: it is full only when something else fills it.
const DISK_BYTES: usize = 64 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disturbance {
    Kill,
    KillTwice,
    Stop,
    LockDatabase,
    FillDisk,
}

/// The test's own seed, or the one that `script/chaos` has chosen. What goes wrong is the same for the same seed, so that a failure can be
/// looked at again; what it hits depends on the machine.
pub fn seed(own: u64) -> u64 {
    let seed =
        std::env::var("MUSTER_CHAOS_SEED").map_or(own, |seed| seed.parse().expect("MUSTER_CHAOS_SEED is a number"));
    println!("seed {seed}");
    seed
}

/// Numbers that are the same for the same seed.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }
}

fn signal(process: &Process, signal: &str) {
    let sent = Command::new("kill").args([signal, &process.child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

async fn start(dir: &Path) -> Process {
    Process::start_with(dir, |command| {
        command.env("MUSTER_LEASE_SECONDS", LEASE_SECONDS);
    })
    .await
}

/// The form of one of a few exports, all of all users.
fn form(format: &str, metadata: bool) -> Vec<(&str, &str)> {
    let mut form = vec![("form[format]", format), ("form[include_defaults]", "true")];
    if metadata && format == "json" {
        form.push(("form[fields][0][name]", "user_metadata"));
        form.push(("form[fields][1][name]", "app_metadata"));
    }
    form
}

/// SHA-256 of the file behind a link to the job; `None`: there is no link to be had.
async fn download(server: &Process, id: &JobId) -> Option<String> {
    let path = format!("/users/import-export/jobs/{id}/download");
    let response = server.client.post(&path).send().await.unwrap();
    let link = response.headers().get("location")?.to_str().unwrap().to_owned();
    let response = server.client.get(&format!("{link}.gz")).send().await.unwrap();
    response.status().is_success().then_some(())?;
    Some(sha256_hex(&response.bytes().await.unwrap()))
}

#[tokio::test]
async fn fifty_rounds_of_chaos() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    add_admin(dir);
    add_users(dir, USERS);

    let disk = Disk::mount(&dir.join("data/exports"), DISK_BYTES);
    let mut disturbances =
        vec![Disturbance::Kill, Disturbance::KillTwice, Disturbance::Stop, Disturbance::LockDatabase];
    if disk.is_some() {
        disturbances.push(Disturbance::FillDisk);
    }
    let exports = [("csv", false), ("json", false), ("json", true)];
    let mut server = start(dir).await;

    // What each export comes to when nobody disturbs it; the file is deleted with its job, to leave room.
    let mut undisturbed = HashMap::new();
    for export in exports {
        let id = server.client.submit(&form(export.0, export.1)).await;
        let job = server.client.ended(&id).await;
        assert_eq!(job.status, JobStatus::Completed, "{:?}", job.status_details);
        undisturbed.insert(export, job.sha256.clone().unwrap());
        forget(dir, &id);
    }

    let mut seeded = Seeded(seed(1));
    for round in 1..=ROUNDS {
        let (disturbance, export) = (seeded.pick(&disturbances), seeded.pick(&exports));
        let moment = Duration::from_millis(seeded.below(600));
        let id = server.client.submit(&form(export.0, export.1)).await;
        // Asked while the job is in any state; what is not finished has no link.
        let early = async |server: &Process| {
            let job = server.client.job(&id).await;
            if !job.status.is_final() {
                let downloaded = download(server, &id).await;
                let now = server.client.job(&id).await;
                assert!(downloaded.is_none() || now.status == JobStatus::Completed, "round {round}: {downloaded:?}");
            }
        };
        match disturbance {
            Disturbance::Kill | Disturbance::KillTwice => {
                for _ in 0..=u8::from(disturbance == Disturbance::KillTwice) {
                    tokio::time::sleep(moment).await;
                    server.kill();
                    server = start(dir).await;
                    early(&server).await;
                }
            }
            Disturbance::Stop => {
                tokio::time::sleep(moment).await;
                signal(&server, "-STOP");
                tokio::time::sleep(LONGER_THAN_LEASE).await;
                signal(&server, "-CONT");
                early(&server).await;
            }
            Disturbance::LockDatabase => {
                tokio::time::sleep(moment).await;
                let other = rusqlite::Connection::open(dir.join("data/muster.db")).unwrap();
                other.busy_timeout(Duration::from_secs(20)).unwrap();
                other.execute_batch("BEGIN IMMEDIATE").unwrap();
                tokio::time::sleep(LONGER_THAN_LEASE).await;
                other.execute_batch("ROLLBACK").unwrap();
            }
            Disturbance::FillDisk => {
                if let Some(disk) = &disk {
                    disk.fill();
                    let job = server.client.ended(&id).await;
                    disk.free();
                    // It may have been quicker than the disk was filled.
                    if job.status == JobStatus::Failed {
                        let why = job.status_details.as_deref().unwrap_or_default();
                        assert!(why.contains("disk for export files is full"), "round {round}: {why}");
                        assert_eq!(download(&server, &id).await, None, "round {round}");
                        forget(dir, &id);
                        continue;
                    }
                }
            }
        }
        let job = server.client.ended(&id).await;
        let context = format!("round {round}, {disturbance:?} after {moment:?}, {export:?}: {job:?}");
        assert_eq!(job.status, JobStatus::Completed, "{context}");
        assert_eq!(job.progress.rows, USERS, "{context}");
        assert_eq!(job.sha256.as_ref(), undisturbed.get(&export), "{context}");
        assert_eq!(download(&server, &id).await, job.sha256, "{context}");
        assert_complete_audit(dir, &job, &context);
        forget(dir, &id);
    }

    // A new server sweeps at once: of all these jobs nothing is left.
    server.kill();
    let _server = start(dir).await;
    let left = || std::fs::read_dir(dir.join("data/exports")).unwrap().count();
    eventually(async || (left() == 0).then_some(())).await;
    let verified = muster(dir, &["audit", "verify"]).stdout(Stdio::null()).status().unwrap();
    assert!(verified.success());
}

/// Makes a job expire, so that the next sweep deletes it and its file, and deletes the file now.
fn forget(dir: &Path, id: &JobId) {
    let database = rusqlite::Connection::open(dir.join("data/muster.db")).unwrap();
    database.busy_timeout(Duration::from_secs(20)).unwrap();
    database.execute("UPDATE jobs SET expires_at = 0 WHERE id = ?1", [id.as_str()]).unwrap();
    for entry in std::fs::read_dir(dir.join("data/exports")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // What is not finished stays for the sweeper to find.
        if name.starts_with(id.as_str()) && name.ends_with(".gz") {
            std::fs::remove_file(path).unwrap();
        }
    }
}

/// One entry says that the job was submitted, and one that it completed, with its checksum.
fn assert_complete_audit(dir: &Path, job: &JobView, context: &str) {
    let database = rusqlite::Connection::open(dir.join("data/muster.db")).unwrap();
    let sql = "SELECT action, details FROM audit_log WHERE job_id = ?1 AND action LIKE 'export_%' ORDER BY seq";
    let mut statement = database.prepare(sql).unwrap();
    let entries: Vec<(String, String)> = statement
        .query_map([job.id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let actions: Vec<_> = entries.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["export_submitted", "export_completed"], "{context}");
    assert!(entries[1].1.contains(job.sha256.as_deref().unwrap()), "{context}");
}

async fn a_clock_that_jumps_by_an_hour_makes_no_job_end_wrong(world: World) {
    const HOUR: i64 = 60 * 60 * 1_000;

    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 5_000, 1);
    let running = world.start_workers().await;
    let mut seeded = Seeded(seed(2));
    let mut checksum: Option<Option<String>> = None;
    for round in 0..20 {
        let id = world.add_job(Lane::Bulk, &request("json", &[]), "ann@acme.test").await;
        tokio::time::sleep(Duration::from_millis(seeded.below(700))).await;
        world.clock.advance_millis(seeded.pick(&[HOUR, -HOUR]));
        let job = eventually(async || world.job(&id).await.filter(|job| job.status.is_final())).await;
        assert_eq!((job.status, job.progress.rows), (JobStatus::Completed, 5_000), "round {round}: {job:?}");
        let expected = checksum.get_or_insert_with(|| job.sha256.clone());
        assert!(expected.is_some() && job.sha256 == *expected, "round {round}: {job:?}");
    }
    running.stop().await;
    // One file for each job: no lease that was lost in a jump has left another.
    assert_eq!(world.export_files().len(), 20);
}

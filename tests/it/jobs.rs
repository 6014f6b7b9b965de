//! Jobs on real databases: leases, fencing, lanes, failures, expiry.

use muster::{
    domain::{
        export::ExportRequest,
        job::{JobId, JobStatus, Progress},
    },
    server::{
        clock::Clock,
        files::FileStore,
        jobs::Sweeper,
        random,
        store::jobs::{Lane, Lease, Outcome, Report, StoredJob},
    },
};

use crate::{
    databases::{on_every_database, on_sqlite},
    support::{NOW, World, entry, eventually, gunzip, report, request},
};

on_every_database! {
    a_lease_that_runs_out_goes_to_another_worker_and_the_first_is_fenced_off,
    a_lease_that_is_declined_leaves_no_trace,
    the_oldest_job_is_first_and_two_workers_never_get_the_same,
    several_jobs_complete_and_their_files_are_whole,
    a_sample_does_not_wait_for_bulk_jobs,
    a_full_disk_fails_the_job_and_nothing_else,
    a_stopped_server_gives_its_job_back_and_the_next_one_ends_it,
    after_its_24_hours_everything_of_a_job_is_gone,
}

// It holds the one lock that everybody needs who writes into the file; `postgres_store` has the same of a lane's lock.
on_sqlite! {
    a_worker_that_stops_begins_no_job,
}

const HOUR: i64 = 60 * 60 * 1_000;

async fn add_job(world: &World, lane: Lane, request: &ExportRequest) -> JobId {
    world.add_job(lane, request, "ann@acme.test").await
}

async fn job(world: &World, id: &JobId) -> Option<StoredJob> {
    world.job(id).await
}

async fn ended(world: &World, id: &JobId) -> StoredJob {
    eventually(async || job(world, id).await.filter(|job| job.status.is_final())).await
}

async fn claim(world: &World, lane: Lane, now: i64) -> Option<Lease> {
    let now = NOW.plus_millis(now);
    world.store.claim_job(lane, now, now.plus_millis(1_000)).await.unwrap()
}

async fn a_lease_that_runs_out_goes_to_another_worker_and_the_first_is_fenced_off(world: World) {
    let id = add_job(&world, Lane::Bulk, &request("csv", &[])).await;
    assert_eq!(claim(&world, Lane::Sample, 0).await, None, "another lane");
    let first = claim(&world, Lane::Bulk, 0).await.unwrap();
    assert_eq!(claim(&world, Lane::Bulk, 999).await, None, "it is leased");
    let progress = Progress { rows: 5, expected_rows: Some(10), bytes: 7, expected_bytes: None };
    assert!(world.store.heartbeat(&first, &report(progress), NOW, NOW.plus_millis(2_000)).await.unwrap());
    assert_eq!(job(&world, &id).await.unwrap().progress, progress);
    assert_eq!(claim(&world, Lane::Bulk, 1_999).await, None, "the lease was renewed");

    let second = claim(&world, Lane::Bulk, 2_000).await.unwrap();
    assert_eq!(second.job_id, first.job_id);
    assert!(second.fencing_token > first.fencing_token);
    assert_eq!(job(&world, &id).await.unwrap().progress, Progress::default(), "it starts over");
    assert!(!world.store.heartbeat(&first, &report(progress), NOW, NOW.plus_millis(9_000)).await.unwrap());
    let failed = Outcome::Failed { status_details: "late".to_owned() };
    assert!(!world.store.finish_job(&first, &failed, &report(progress), NOW, &entry()).await.unwrap());
    world.store.release_job(&first, &Report::default(), NOW).await.unwrap();
    assert_eq!(claim(&world, Lane::Bulk, 2_500).await, None, "the first can't release what is the second's");

    let completed = Outcome::Completed { file_key: "k".to_owned(), sha256: "s".to_owned() };
    assert!(world.store.finish_job(&second, &completed, &report(progress), NOW, &entry()).await.unwrap());
    assert!(
        !world.store.finish_job(&second, &failed, &report(progress), NOW, &entry()).await.unwrap(),
        "an end is final"
    );
    let job = job(&world, &id).await.unwrap();
    assert_eq!((job.status, job.attempts, job.file_key.as_deref()), (JobStatus::Completed, 2, Some("k")));
    assert_eq!(claim(&world, Lane::Bulk, 9_999).await, None);
}

async fn a_lease_that_is_declined_leaves_no_trace(world: World) {
    let id = add_job(&world, Lane::Bulk, &request("csv", &[])).await;
    let new = job(&world, &id).await.unwrap();
    let declined = claim(&world, Lane::Bulk, 0).await.unwrap();
    world.store.decline_job(&declined).await.unwrap();
    let waits = job(&world, &id).await.unwrap();
    assert_eq!(StoredJob { fencing_token: new.fencing_token, ..waits }, new);

    let first = claim(&world, Lane::Bulk, 0).await.unwrap();
    assert!(first.fencing_token > declined.fencing_token);
    world.store.decline_job(&declined).await.unwrap();
    assert_eq!(claim(&world, Lane::Bulk, 1).await, None, "it is the first's, not the declined one's");
    world.store.release_job(&first, &Report::default(), NOW).await.unwrap();
    let second = claim(&world, Lane::Bulk, 1).await.unwrap();
    world.store.decline_job(&second).await.unwrap();
    let third = claim(&world, Lane::Bulk, 2).await.unwrap();
    assert!(third.fencing_token > second.fencing_token);
    let job = job(&world, &id).await.unwrap();
    assert_eq!((job.status, job.attempts), (JobStatus::Processing, 2));
}

/// A worker that waits for its turn to write while the server stops.
async fn a_worker_that_stops_begins_no_job(world: World) {
    let id = add_job(&world, Lane::Bulk, &request("csv", &[])).await;
    world.clock.advance_millis(1);
    let running = world.start_workers().await;
    ended(&world, &id).await;
    let mut other = world.sqlite();
    let writing = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let again = "UPDATE jobs SET status = 'pending', attempts = 0, finished_at = NULL WHERE id = ?1";
    assert_eq!(writing.execute(again, [id.as_str()]).unwrap(), 1);
    world.services.new_jobs().notify_waiters();
    tokio::task::yield_now().await; // until the worker wants to write too
    tokio::join!(running.stop(), async { writing.commit().unwrap() });
    let job = job(&world, &id).await.unwrap();
    assert_eq!((job.status, job.attempts), (JobStatus::Pending, 0));
}

async fn the_oldest_job_is_first_and_two_workers_never_get_the_same(world: World) {
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(add_job(&world, Lane::Bulk, &request("csv", &[])).await);
        world.clock.advance_millis(1);
    }
    let claims = (0..30).map(|_| {
        let store = world.store.clone();
        tokio::spawn(async move { store.claim_job(Lane::Bulk, NOW.plus_millis(50), NOW.plus_millis(HOUR)).await })
    });
    let mut leased = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        leased.extend(claim.await.unwrap().unwrap().map(|lease| lease.job_id));
    }
    assert_eq!(leased.len(), 20);
    leased.sort();
    let first = ids[0].clone();
    ids.sort();
    assert_eq!(leased, ids);
    world.store.release_all_jobs().await.unwrap();
    assert_eq!(claim(&world, Lane::Bulk, 50).await.unwrap().job_id, first);
}

async fn several_jobs_complete_and_their_files_are_whole(world: World) {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 1_000, 1);
    let running = world.start_workers().await;
    let mut ids = Vec::new();
    for format in ["csv", "json", "csv"] {
        ids.push(add_job(&world, Lane::Bulk, &request(format, &[])).await);
    }
    for id in ids {
        let job = ended(&world, &id).await;
        assert_eq!((job.status, job.progress.rows), (JobStatus::Completed, 1_000));
        let bytes = world.exported(&job).await;
        assert_eq!(job.sha256.unwrap(), random::sha256_hex(&bytes));
        let rows = gunzip(&bytes).iter().filter(|byte| **byte == b'\n').count();
        assert!(rows >= 1_000, "{rows}");
    }
    running.stop().await;
}

async fn a_sample_does_not_wait_for_bulk_jobs(mut world: World) {
    world.settings.workers = 1;
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 100, 1);
    // The one bulk worker is kept busy by a file that never accepts a byte more than its pipe holds.
    let bulk = add_job(&world, Lane::Bulk, &request("csv", &[])).await;
    let pipe = world.exports_dir().join(format!("{}.partial", FileStore::key(&bulk, 1)));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let running = world.start_workers().await;
    eventually(async || job(&world, &bulk).await.filter(|job| job.status == JobStatus::Processing)).await;
    let waiting = add_job(&world, Lane::Bulk, &request("csv", &[])).await;
    let sample = add_job(&world, Lane::Sample, &request("csv", &[])).await;
    assert_eq!(ended(&world, &sample).await.status, JobStatus::Completed);
    assert_eq!(job(&world, &waiting).await.unwrap().status, JobStatus::Pending);
    // A reader lets the bulk job go on: to the end of the pipe, which can't be synced like a file.
    let reader = std::thread::spawn(move || std::fs::read(pipe));
    ended(&world, &bulk).await;
    assert_eq!(ended(&world, &waiting).await.status, JobStatus::Completed);
    let _ = reader.join().unwrap();
    running.stop().await;
}

async fn a_full_disk_fails_the_job_and_nothing_else(world: World) {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 100, 1);
    let full = add_job(&world, Lane::Bulk, &request("csv", &[])).await;
    let path = world.exports_dir().join(format!("{}.partial", FileStore::key(&full, 1)));
    std::os::unix::fs::symlink("/dev/full", path).unwrap();
    let other = add_job(&world, Lane::Bulk, &request("json", &[])).await;
    let running = world.start_workers().await;
    let job = ended(&world, &full).await;
    assert_eq!(job.status, JobStatus::Failed);
    assert!(job.status_details.unwrap().contains("disk for export files is full"));
    let other = ended(&world, &other).await;
    assert_eq!(other.status, JobStatus::Completed);
    assert_eq!(world.export_files(), [other.file_key.unwrap()], "nothing half-done stays behind");
    running.stop().await;
}

async fn a_stopped_server_gives_its_job_back_and_the_next_one_ends_it(world: World) {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 20_000, 1);
    let id = add_job(&world, Lane::Bulk, &request("json", &[("user_metadata", ""), ("app_metadata", "")])).await;
    let running = world.start_workers().await;
    eventually(async || job(&world, &id).await.filter(|job| job.status != JobStatus::Pending)).await;
    running.stop().await;
    let stopped = job(&world, &id).await.unwrap();
    if stopped.status == JobStatus::Processing {
        assert_eq!(world.export_files(), Vec::<String>::new());
    }
    let running = world.start_workers().await;
    assert_eq!(ended(&world, &id).await.status, JobStatus::Completed);
    running.stop().await;
}

async fn after_its_24_hours_everything_of_a_job_is_gone(world: World) {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 10, 1);
    let id = add_job(&world, Lane::Bulk, &request("csv", &[])).await;
    let running = world.start_workers().await;
    assert_eq!(ended(&world, &id).await.status, JobStatus::Completed);
    running.stop().await;
    let orphan = world.exports_dir().join("job_0000000000000000.3.gz.partial");
    let foreign = world.exports_dir().join("README");
    std::fs::write(&orphan, "half").unwrap();
    std::fs::write(&foreign, "not ours").unwrap();

    let sweeper = Sweeper::new(world.store.clone(), world.files.clone(), Clock::Manual(world.clock.clone()));
    world.clock.advance_millis(24 * HOUR - 1);
    sweeper.sweep().await.unwrap();
    assert!(job(&world, &id).await.is_some());
    assert_eq!(world.export_files().len(), 2, "the orphan is gone, the file and what is not ours stay");

    world.clock.advance_millis(1);
    assert_eq!(job(&world, &id).await, None, "even before the sweeper comes");
    sweeper.sweep().await.unwrap();
    assert_eq!(world.export_files(), ["README"]);
    assert_eq!(world.value::<i64>("SELECT count(*) FROM jobs").await, 0);
}

//! Imports as jobs: two at once, cancelled, stopped, taken over; and exports meanwhile.

use muster::{
    domain::{
        import::ImportSummary,
        import_request::ImportInput,
        job::{Beginning, JobId, JobRequest, JobStatus},
        timestamp::Timestamp,
    },
    server::{
        clock::Clock,
        jobs::Sweeper,
        random,
        store::jobs::{Lane, NewJob, Source, StoredJob},
    },
};
use serde_json::Value;

use crate::{
    databases::on_every_database,
    import_support::{numbered, one_percent_broken},
    support::{World, entry, eventually, gunzip, request},
};

on_every_database! {
    two_imports_run_at_once_and_the_others_wait,
    neither_exports_nor_samples_wait_for_imports,
    an_export_sees_one_instant_of_an_upsert,
    what_was_imported_before_a_cancellation_stays,
    a_waiting_import_that_is_cancelled_leaves_no_file,
    a_stopped_server_gives_its_import_back_and_the_next_one_goes_on,
    an_import_that_is_taken_over_is_written_once,
    a_file_that_is_gone_or_another_one_fails_the_import,
}

/// Enough for several transactions, of which PostgreSQL's are the smaller ones.
fn many(world: &World) -> u64 {
    if world.postgres.is_some() { 30_000 } else { 80_000 }
}

const ANN: &str = "ann@acme.test";

/// Adds an import of these bytes without the pages.
async fn add(world: &World, connection_seq: i64, file: &[u8], upsert: bool) -> JobId {
    let mut incoming = world.files.imports().receive(random::upload_id()).await.unwrap();
    incoming.write(file).await.unwrap();
    let mut received = incoming.finish().await.unwrap();
    received.keep();
    let id = random::job_id();
    let now = now(world);
    let input = ImportInput {
        connection_id: "con_0000000000000001".to_owned(),
        upsert,
        file_bytes: file.len() as u64,
        ..ImportInput::default()
    };
    let job = NewJob {
        id: &id,
        lane: Lane::Import,
        connection_seq: Some(connection_seq),
        request: &JobRequest::Import(input),
        file_name: "acme-failed.ndjson",
        created_by: ANN,
        created_at: now,
        expires_at: now.plus_millis(24 * 60 * 60 * 1_000),
    };
    assert!(world.store.add_import(job, Source::Fresh(received.id()), &entry()).await.unwrap());
    world.services.new_jobs().notify_waiters();
    id
}

async fn ended(world: &World, id: &JobId) -> StoredJob {
    eventually(async || world.job(id).await.filter(|job| job.status.is_final())).await
}

/// The job when some of its users are durable, and others are still to come.
async fn in_the_middle(world: &World, id: &JobId) -> StoredJob {
    let job = eventually(async || world.job(id).await.filter(|job| job.progress.rows > 0)).await;
    assert_eq!(job.status, JobStatus::Processing, "the import was too quick to be disturbed");
    job
}

fn uploads(world: &World) -> usize {
    std::fs::read_dir(world.settings.data_dir.join("imports")).unwrap().count()
}

/// Whatever happened to the import: every user once, and each failure.
async fn assert_whole(world: &World, job: &StoredJob, total: u64) {
    assert_eq!(job.status, JobStatus::Completed, "{job:?}");
    let summary = job.summary.unwrap();
    let failed = total / 100;
    assert_eq!((summary.total, summary.inserted, summary.failed), (total, total - failed, failed));
    assert_eq!(world.count("users").await, total - failed);
    assert_eq!(world.count("import_failures").await, failed);
}

async fn two_imports_run_at_once_and_the_others_wait(world: World) {
    let many = many(&world);
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        let (seq, _) = world.connection(name).await;
        ids.push(add(&world, seq, &numbered(many, "example.com"), false).await);
        world.clock.advance_millis(1);
    }
    let running = world.start_workers().await;
    let mut at_once = Vec::new();
    eventually(async || {
        // All at the same moment.
        let statuses: Vec<String> = world.column("SELECT status FROM jobs").await;
        at_once.push(statuses.iter().filter(|status| *status == "processing").count());
        statuses.iter().all(|status| status == "completed").then_some(())
    })
    .await;
    assert_eq!(at_once.iter().max(), Some(&2));
    assert_eq!((world.count("users").await, uploads(&world)), (3 * many, 0));
    // The one that waited came after the others had begun.
    let first = world.job(&ids[0]).await.unwrap();
    assert!(world.job(&ids[2]).await.unwrap().started_at >= first.started_at);
    running.stop().await;
}

async fn neither_exports_nor_samples_wait_for_imports(mut world: World) {
    let many = many(&world);
    world.settings.import_workers = 1;
    let (seq, _) = world.connection("Db").await;
    let running = world.start_workers().await;
    let import = add(&world, seq, &numbered(many, "example.com"), false).await;
    in_the_middle(&world, &import).await;
    let mut exports = Vec::new();
    for lane in [Lane::Bulk, Lane::Sample] {
        exports.push(world.add_job(lane, &request("json", &[("email", "")]), ANN).await);
    }
    for id in exports {
        let export = ended(&world, &id).await;
        assert_eq!(export.status, JobStatus::Completed);
        // The first so many users of the file, of one instant.
        let lines = gunzip(&world.exported(&export).await);
        let mut rows = 0;
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            rows += 1;
            let user: Value = serde_json::from_slice(line).unwrap();
            assert_eq!(user["email"], format!("{rows}@example.com"));
        }
        assert_eq!(rows, export.progress.rows);
        assert!(rows > 0 && rows <= many);
    }
    assert_eq!(ended(&world, &import).await.summary.unwrap().inserted, many);
    running.stop().await;
}

async fn an_export_sees_one_instant_of_an_upsert(world: World) {
    let many = many(&world);
    let (seq, _) = world.connection("Db").await;
    let running = world.start_workers().await;
    let before = add(&world, seq, &numbered(many, "example.com"), false).await;
    ended(&world, &before).await;
    let file: Vec<u8> = (1..=many)
        .flat_map(|n| format!("{{\"email\":\"{n}@example.com\",\"name\":\"after\"}}\n").into_bytes())
        .collect();
    let upsert = add(&world, seq, &file, true).await;
    in_the_middle(&world, &upsert).await;
    let export = world.add_job(Lane::Bulk, &request("json", &[("name", "")]), ANN).await;
    let export = ended(&world, &export).await;
    let lines = String::from_utf8(gunzip(&world.exported(&export).await)).unwrap();
    let changed: Vec<_> = lines.lines().map(|line| line.contains("after")).collect();
    assert_eq!(changed.len() as u64, many);
    // Changed in the order of the file: whatever is changed comes before whatever is not.
    assert!(changed.is_sorted_by(|earlier, later| earlier >= later), "users of more than one instant");
    let summary = ended(&world, &upsert).await.summary.unwrap();
    assert_eq!((summary.updated, summary.inserted, world.count("users").await), (many, 0, many));
    running.stop().await;
}

async fn what_was_imported_before_a_cancellation_stays(world: World) {
    let many = many(&world);
    let (seq, _) = world.connection("Db").await;
    let running = world.start_workers().await;
    let id = add(&world, seq, &numbered(many * 4, "example.com"), false).await;
    in_the_middle(&world, &id).await;
    assert!(world.store.cancel_job(&id, "Cancelled.", now(&world), &entry()).await.unwrap());
    let cancelled = world.job(&id).await.unwrap();
    eventually(async || (uploads(&world) == 0).then_some(())).await;
    // The worker is free again, and has written nothing since.
    let next = add(&world, seq, b"{\"email\":\"next@example.com\"}", false).await;
    assert_eq!(ended(&world, &next).await.status, JobStatus::Completed);
    let job = world.job(&id).await.unwrap();
    assert_eq!((job.status, job.summary), (JobStatus::Cancelled, cancelled.summary));
    let inserted = job.summary.unwrap().inserted;
    assert!(inserted < many * 4);
    assert_eq!(world.count("users").await, inserted + 1);
    running.stop().await;
}

fn now(world: &World) -> Timestamp {
    Clock::Manual(world.clock.clone()).now()
}

async fn a_waiting_import_that_is_cancelled_leaves_no_file(world: World) {
    let (seq, _) = world.connection("Db").await;
    let id = add(&world, seq, b"[]", false).await;
    assert!(world.store.cancel_job(&id, "Cancelled.", now(&world), &entry()).await.unwrap());
    let sweeper = Sweeper::new(world.store.clone(), world.files.clone(), Clock::Manual(world.clock.clone()));
    sweeper.sweep().await.unwrap();
    assert_eq!(uploads(&world), 0);
    let running = world.start_workers().await;
    let next = add(&world, seq, b"[]", false).await;
    let ended = ended(&world, &next).await;
    assert_eq!((ended.summary, ended.progress.percentage_done()), (Some(ImportSummary::default()), 100));
    assert_eq!(world.job(&id).await.unwrap().attempts, 0);
    running.stop().await;
}

async fn a_stopped_server_gives_its_import_back_and_the_next_one_goes_on(world: World) {
    let many = many(&world);
    let (seq, _) = world.connection("Db").await;
    let running = world.start_workers().await;
    let id = add(&world, seq, &one_percent_broken(many, 1), false).await;
    in_the_middle(&world, &id).await;
    running.stop().await;
    let stopped = world.job(&id).await.unwrap();
    assert_eq!(stopped.status, JobStatus::Processing);
    let durable = stopped.summary.unwrap();
    assert_eq!(world.count("users").await, durable.inserted);
    let running = world.start_workers().await;
    let job = ended(&world, &id).await;
    assert_whole(&world, &job, many).await;
    assert_eq!((job.attempts, job.beginning), (2, Beginning::Resumed { rows: durable.total }));
    running.stop().await;
    assert_eq!(uploads(&world), 0);
}

async fn an_import_that_is_taken_over_is_written_once(world: World) {
    let many = many(&world);
    let (seq, _) = world.connection("Db").await;
    let running = world.start_workers().await;
    let id = add(&world, seq, &one_percent_broken(many, 1), false).await;
    in_the_middle(&world, &id).await;
    // As if the worker had been silent: another one takes the job while the first is still at it.
    let taken = format!(
        "UPDATE jobs SET lease_expires_at = 0, fencing_token = fencing_token + 1 WHERE id = '{id}' AND status = 'processing'"
    );
    assert_eq!(world.execute(&taken).await, 1, "the import was too quick to be disturbed");
    let job = ended(&world, &id).await;
    assert_whole(&world, &job, many).await;
    assert!(job.attempts >= 2 && matches!(job.beginning, Beginning::Resumed { .. }), "{job:?}");
    running.stop().await;
}

async fn a_file_that_is_gone_or_another_one_fails_the_import(world: World) {
    let (seq, _) = world.connection("Db").await;
    let (gone, cut) = (add(&world, seq, b"[]", false).await, add(&world, seq, b"[ ]", false).await);
    let dir = world.settings.data_dir.join("imports");
    for (id, change) in [(&gone, false), (&cut, true)] {
        let path = dir.join(world.job(id).await.unwrap().upload.unwrap().as_str());
        if change { std::fs::write(path, "[").unwrap() } else { std::fs::remove_file(path).unwrap() }
    }
    let running = world.start_workers().await;
    for id in [&gone, &cut] {
        let job = ended(&world, id).await;
        assert_eq!(job.status, JobStatus::Failed);
        assert!(job.status_details.unwrap().contains("vanished"));
    }
    running.stop().await;
    let reasons: Vec<String> = world.column("SELECT details FROM audit_log WHERE action = 'import_failed'").await;
    assert_eq!(reasons.len(), 2);
    assert!(reasons.iter().all(|details| details.contains("file_vanished")), "{reasons:?}");
}

//! What the store does on PostgreSQL for several processes: limits, wake-ups, turns, one key, one audit log, a server that restarts.

use std::{collections::HashSet, num::NonZeroU32, time::Duration};

use muster::{
    domain::{
        audit::{Actor, Event},
        job::JobStatus,
        role::Role,
    },
    server::{
        clock::Clock,
        jobs::Sweeper,
        random,
        store::{
            KeySource, PostgresOptions, Store,
            audit::NewEntry,
            jobs::{Lane, Limited, Outcome, Report},
            uploads::StoredUpload,
        },
    },
};
use sqlx::Executor;

use crate::{
    postgres::{Cluster, Database},
    support::{NOW, PASSWORD, World, entry, eventually, request},
};

const MINUTE: i64 = 60_000;

async fn two_stores() -> (World, Store) {
    let world = World::on_postgres().await;
    let other = world.store_of_another_process().await;
    (world, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_holds_across_processes_at_every_moment() {
    let (world, other) = two_stores().await;
    for _ in 0..12 {
        world.add_job(Lane::Import, &request("csv", &[]), "ann@acme.test").await;
        world.clock.advance_millis(1);
    }
    let limited = Limited { lane: Lane::Import, most: NonZeroU32::new(3) };
    let claim_all = async |now: i64| {
        let now = NOW.plus_millis(now);
        let claims: Vec<_> = (0..16)
            .map(|number| {
                let store = if number % 2 == 0 { world.store.clone() } else { other.clone() };
                tokio::spawn(async move { store.claim_job(limited, now, now.plus_millis(MINUTE)).await.unwrap() })
            })
            .collect();
        let mut leases = Vec::new();
        for claim in claims {
            leases.extend(claim.await.unwrap());
        }
        leases
    };
    let first = claim_all(0).await;
    assert_eq!(first.len(), 3);
    assert_eq!(claim_all(1).await, [], "the limit is reached");
    // One ends and another one's worker is silent for too long: two may begin, of which one is that other job.
    let failed = Outcome::Failed { status_details: "no".to_owned() };
    assert!(other.finish_job(&first[0], &failed, &Report::default(), NOW, &entry()).await.unwrap());
    let later = NOW.plus_millis(MINUTE - 1);
    assert!(world.store.heartbeat(&first[1], &Report::default(), later, later.plus_millis(MINUTE)).await.unwrap());
    let second = claim_all(MINUTE).await;
    assert_eq!(second.len(), 2);
    assert!(second.iter().any(|lease| lease.job_id == first[2].job_id && lease.fencing_token == 2), "{second:?}");
    // Another lane, and a worker without a limit, are not concerned.
    assert_eq!(claim_all(MINUTE + 1).await, []);
    let now = NOW.plus_millis(MINUTE + 1);
    assert!(world.store.claim_job(Lane::Import, now, now.plus_millis(1)).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_two_processes_get_the_same_job_and_none_is_left() {
    let (world, other) = two_stores().await;
    for _ in 0..40 {
        world.add_job(Lane::Bulk, &request("csv", &[]), "ann@acme.test").await;
    }
    let claims = (0..60).map(|number| {
        let store = if number % 2 == 0 { world.store.clone() } else { other.clone() };
        tokio::spawn(async move { store.claim_job(Lane::Bulk, NOW, NOW.plus_millis(MINUTE)).await.unwrap() })
    });
    let mut leased = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        leased.extend(claim.await.unwrap().map(|lease| lease.job_id));
    }
    // Who looks for a job while the last ones are being leased may go away without, but no job stays behind.
    while let Some(lease) = other.claim_job(Lane::Bulk, NOW, NOW.plus_millis(MINUTE)).await.unwrap() {
        leased.push(lease.job_id);
    }
    leased.sort();
    leased.dedup();
    assert_eq!(leased.len(), 40);
}

#[tokio::test]
async fn a_worker_waits_for_no_row_that_another_one_has_locked() {
    let (world, other) = two_stores().await;
    let first = world.add_job(Lane::Bulk, &request("csv", &[]), "ann@acme.test").await;
    world.clock.advance_millis(1);
    let second = world.add_job(Lane::Bulk, &request("csv", &[]), "ann@acme.test").await;
    let mut paused = world.postgres.as_ref().unwrap().connect().await;
    paused.execute("BEGIN").await.unwrap();
    sqlx::query("SELECT 1 FROM jobs WHERE id = $1 FOR UPDATE").bind(first.as_str()).execute(&mut paused).await.unwrap();
    let now = NOW.plus_millis(1);
    let claim = other.claim_job(Lane::Bulk, now, now.plus_millis(1));
    let lease = tokio::time::timeout(Duration::from_secs(10), claim).await.unwrap().unwrap().unwrap();
    assert_eq!(lease.job_id, second);
}

#[tokio::test]
async fn a_worker_that_waits_for_its_turn_while_the_server_stops_begins_no_job() {
    let mut world = World::on_postgres().await;
    (world.settings.workers, world.settings.max_running_exports) = (1, 1);
    let mut other = world.postgres.as_ref().unwrap().connect().await;
    other.execute("BEGIN").await.unwrap();
    other.execute("SELECT FROM lanes WHERE name = 'bulk' FOR UPDATE").await.unwrap();
    let id = world.add_job(Lane::Bulk, &request("csv", &[]), "ann@acme.test").await;
    let running = world.start_workers().await;
    let waiting = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually(async || (world.count(waiting).await == 1).then_some(())).await;
    tokio::join!(running.stop(), async { other.execute("COMMIT").await.unwrap() });
    let job = world.job(&id).await.unwrap();
    assert_eq!((job.status, job.attempts), (JobStatus::Pending, 0));
}

#[tokio::test]
async fn workers_of_other_processes_hear_of_a_job_when_it_is_there_and_not_before() {
    let (world, other) = two_stores().await;
    let mut listener = other.listen_for_jobs().await.unwrap().unwrap();
    let silent = tokio::time::timeout(Duration::from_millis(200), listener.heard()).await;
    assert!(silent.is_err(), "there is nothing to be heard");
    let id = world.add_job(Lane::Bulk, &request("csv", &[]), "ann@acme.test").await;
    tokio::time::timeout(Duration::from_secs(10), listener.heard()).await.unwrap().unwrap();
    let lease = other.claim_job(Lane::Bulk, NOW, NOW.plus_millis(1)).await.unwrap().unwrap();
    assert_eq!(lease.job_id, id);
}

#[tokio::test]
async fn an_upload_is_written_by_whoever_began_last_in_whichever_process() {
    let (world, other) = two_stores().await;
    world.services.operator_add_member("ann@acme.test", Role::Admin, PASSWORD.to_owned()).await.unwrap();
    let member_id = world.member_id("ann").await;
    let id = random::upload_id();
    let upload = StoredUpload { id: id.clone(), member_id, file_name: "f".to_owned(), length: 100, received: 0 };
    let later = NOW.plus_millis(MINUTE);
    world.store.add_upload(&upload, later).await.unwrap();
    let first = world.store.take_upload_turn(&id, 0).await.unwrap().unwrap();
    assert!(world.store.note_received(&id, first, 10, later).await.unwrap());
    assert_eq!(other.take_upload_turn(&id, 0).await.unwrap(), None, "another number of bytes is there");
    let second = other.take_upload_turn(&id, 10).await.unwrap().unwrap();
    assert!(!world.store.note_received(&id, first, 20, later).await.unwrap(), "it is no longer the first's turn");
    assert_eq!(world.store.upload(&id, member_id, NOW).await.unwrap().unwrap().received, 10);
    assert!(other.note_received(&id, second, 15, later).await.unwrap());
    assert_eq!(world.store.upload(&id, member_id, NOW).await.unwrap().unwrap().received, 15);
}

#[tokio::test]
async fn a_sweeper_leaves_alone_what_is_coming_in_at_another_server_as_long_as_it_comes() {
    let (world, other) = two_stores().await;
    let sweeper = |store: &Store| {
        // The files of another process know nothing of what this one receives.
        let files = muster::server::files::FileStore::open(&world.settings.data_dir, None).unwrap();
        Sweeper::new(store.clone(), files, Clock::Manual(world.clock.clone()))
    };
    let ids = [random::upload_id(), random::upload_id()];
    for id in &ids {
        world.store.note_incoming(id, NOW.plus_millis(MINUTE)).await.unwrap();
        std::fs::write(world.settings.data_dir.join("imports").join(id.as_str()), "half of it").unwrap();
    }
    let left = || std::fs::read_dir(world.settings.data_dir.join("imports")).unwrap().count();
    sweeper(&other).sweep().await.unwrap();
    assert_eq!(left(), 2);
    world.store.note_incoming(&ids[0], NOW.plus_millis(2 * MINUTE)).await.unwrap();
    world.clock.advance_millis(MINUTE);
    sweeper(&other).sweep().await.unwrap();
    assert_eq!(left(), 1, "of the other nothing was heard any more");
    world.clock.advance_millis(MINUTE);
    sweeper(&other).sweep().await.unwrap();
    assert_eq!(left(), 0);
}

#[tokio::test]
async fn a_sweeper_whose_own_clock_is_ahead_deletes_nothing_before_its_time() {
    let world = World::on_postgres().await;
    let database = world.postgres.as_ref().unwrap();
    // For the database it is two hours earlier than for this machine.
    database
        .execute(
            "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql
             AS 'SELECT pg_catalog.clock_timestamp() - interval ''2 hours'''",
        )
        .await;
    database
        .execute(
            "DO $$ BEGIN
                EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database());
             END $$",
        )
        .await;
    let store = world.store_of_another_process().await;
    let now = store.shared_time().await.unwrap().unwrap();
    assert!(Clock::System.now().millis_since(now) > 100 * MINUTE);
    let (needed, expired) = (random::upload_id(), random::upload_id());
    store.note_incoming(&needed, now.plus_millis(60 * MINUTE)).await.unwrap();
    store.note_incoming(&expired, now.plus_millis(-MINUTE)).await.unwrap();
    Sweeper::new(store.clone(), world.files.clone(), Clock::System).sweep().await.unwrap();
    assert_eq!(store.uploads_with_files().await.unwrap(), HashSet::from([needed]));
}

#[tokio::test]
async fn one_process_at_a_time_sweeps() {
    let (world, other) = two_stores().await;
    let at = |millis| NOW.plus_millis(millis);
    assert!(world.store.take_sweep(at(0), 20_000).await.unwrap());
    assert!(!other.take_sweep(at(5_000), 20_000).await.unwrap());
    assert!(other.take_sweep(at(20_000), 20_000).await.unwrap());
    assert!(!world.store.take_sweep(at(20_001), 20_000).await.unwrap());
    assert!(world.store.take_sweep(at(39_000), 20_000).await.unwrap(), "a little early is no harm");
    assert!(world.store.take_sweep(at(-9_000_000), 20_000).await.unwrap(), "that was a clock in the far future");
}

#[tokio::test]
async fn the_first_process_says_which_key_there_is() {
    let database = Database::new().await;
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = |dir: &tempfile::TempDir| KeySource::MadeIn(dir.path().join("secrets.key"));
    let options = database.options();
    // Both at once on an empty database: both would make tables, and a key.
    let (key_of_first, key_of_second) = (key(&first), key(&second));
    let (one, two) = tokio::join!(
        Store::connect(&options, first.path(), &key_of_first),
        Store::connect(&options, second.path(), &key_of_second),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let (with, without) = if one.is_ok() { (first, second) } else { (second, first) };
    let refused = one.and(two).unwrap_err().to_string();
    assert!(refused.contains("sealed with a key that this process does not have"), "{refused}");
    assert!(!without.path().join("secrets.key").exists(), "and none was made");

    std::fs::copy(with.path().join("secrets.key"), without.path().join("secrets.key")).unwrap();
    Store::connect(&options, without.path(), &key(&without)).await.unwrap();
    let stored = sqlx::query_scalar::<_, String>("SELECT fingerprint FROM secrets_key");
    let stored = stored.fetch_one(&mut database.connect().await).await.unwrap();
    assert_ne!(stored, random::hex(&std::fs::read(with.path().join("secrets.key")).unwrap()));
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_given_up_and_so_is_who_keeps_others_waiting() {
    let database = Database::new().await;
    let dir = tempfile::tempdir().unwrap();
    let key = KeySource::MadeIn(dir.path().join("secrets.key"));
    let options = PostgresOptions { statement_timeout: Duration::from_millis(300), ..database.options() };
    let store = Store::connect(&options, dir.path(), &key).await.unwrap();
    let mut paused = database.connect().await;
    paused.execute("BEGIN").await.unwrap();
    paused.execute("SELECT 1 FROM writing FOR UPDATE").await.unwrap();
    let event = NewEntry::new(NOW, Actor::System, &Event::JobCancelled {}).unwrap();
    let error = store.append_audit(&event).await.unwrap_err().to_string();
    assert!(error.contains("statement timeout"), "{error}");
    paused.execute("ROLLBACK").await.unwrap();
    store.append_audit(&event).await.unwrap();
}

#[tokio::test]
async fn a_database_that_restarts_needs_no_program_that_restarts() {
    let mut cluster = Cluster::start(&[]).await;
    let database = cluster.database().await;
    let dir = tempfile::tempdir().unwrap();
    let key = KeySource::MadeIn(dir.path().join("secrets.key"));
    let store = Store::connect(&database.options(), dir.path(), &key).await.unwrap();
    let mut listener = store.listen_for_jobs().await.unwrap().unwrap();
    let event = NewEntry::new(NOW, Actor::System, &Event::JobCancelled {}).unwrap();
    // Several connections, all of which are lost.
    let appended = tokio::join!(store.append_audit(&event), store.append_audit(&event), store.append_audit(&event));
    assert!(appended.0.is_ok() && appended.1.is_ok() && appended.2.is_ok());
    cluster.restart().await;
    assert_eq!(store.append_audit(&event).await.unwrap(), 4);
    // The listener is told that it may have missed something, one way or the other, and hears again.
    if tokio::time::timeout(Duration::from_secs(20), listener.heard()).await.unwrap().is_err() {
        listener = store.listen_for_jobs().await.unwrap().unwrap();
    }
    sqlx::query("SELECT pg_notify('muster_jobs', '')").execute(&mut database.connect().await).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), listener.heard()).await.unwrap().unwrap();
    drop(listener);
    store.close().await;
}

#[tokio::test]
async fn a_starting_process_leaves_the_jobs_of_others_alone() {
    let (world, _other) = two_stores().await;
    let id = world.add_job(Lane::Bulk, &request("csv", &[]), "ann@acme.test").await;
    let lease = world.store.claim_job(Lane::Bulk, NOW, NOW.plus_millis(MINUTE)).await.unwrap().unwrap();
    let running = world.start_workers().await;
    running.stop().await;
    let job = world.job(&id).await.unwrap();
    assert_eq!((job.status, job.attempts), (JobStatus::Processing, 1));
    assert!(world.store.heartbeat(&lease, &Report::default(), NOW, NOW.plus_millis(MINUTE)).await.unwrap());
}

#[tokio::test]
async fn the_time_is_the_databases() {
    let (world, other) = two_stores().await;
    let first = world.store.shared_time().await.unwrap().unwrap();
    let second = other.shared_time().await.unwrap().unwrap();
    assert!(second >= first, "{first} {second}");
    let skew = Clock::System.now().millis_since(second).abs();
    assert!(skew < 10_000, "{skew}: milliseconds, of the same day");
    let sqlite = World::new().await;
    assert_eq!(sqlite.store.shared_time().await.unwrap(), None);
}

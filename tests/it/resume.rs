//! An interrupted export goes on behind its last checkpoint, or starts over if users have changed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use muster::{
    domain::{
        export::ExportRequest,
        job::{Beginning, JobId, JobStatus},
        user::Attribute,
    },
    server::{
        clock::Clock,
        export::{Compression, Control, Export, checkpoint::Checkpoint, source::Scope},
        files::{FileSink, FileStore},
        jobs::Sweeper,
        store::jobs::{Lane, Report, StoredJob},
    },
};

use crate::{
    databases::on_every_database,
    support::{NOW, World, eventually, request},
};

on_every_database! {
    the_same_file_as_without_the_interruption,
    users_that_were_added_meanwhile_are_of_another_instant,
    changed_or_deleted_users_make_it_start_over,
    a_file_that_is_gone_short_or_damaged_makes_it_start_over,
    what_can_be_resumed_is_not_swept_and_what_was_resumed_is,
}

/// Enough for several checkpoints: one is due every 4 MiB of the file.
const USERS: u64 = 50_000;

struct Interrupted {
    request: ExportRequest,
    /// What the file has to be in the end.
    whole: Vec<u8>,
    id: JobId,
    checkpoint: Checkpoint,
}

fn export(request: &ExportRequest) -> Export {
    Export {
        scope: Scope { connection_seq: None, query: None, limit: request.limit() },
        format: request.format(),
        fields: request.fields().to_vec(),
        compression: Compression::Gzip,
        threads: std::num::NonZeroUsize::new(3).unwrap(),
        gives_way: false,
    }
}

/// Adds the users who are exported.
async fn fill(world: &World) {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, USERS, 1);
}

/// A job whose worker was killed in the middle: what it had made durable is on the disk and in the store.
async fn interrupted(world: &World) -> Interrupted {
    let request = request("json", &Attribute::ALL.map(|attribute| (attribute.name(), "")));
    let id = world.add_job(Lane::Bulk, &request, "ann@acme.test").await;
    let lease = world.store.claim_job(Lane::Bulk, NOW, NOW.plus_millis(1_000)).await.unwrap().unwrap();

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("whole");
    let sink = FileSink::create(directory.path().join("partial"), path.clone()).unwrap();
    let control = Control::default();
    export(&request).run(&world.store.user_source(), sink, &control).unwrap();
    let whole = fs::read(path).unwrap();
    let checkpoint = control.checkpoint().expect("the file is large enough for a checkpoint");
    assert!(checkpoint.rows > 0 && checkpoint.rows < USERS && checkpoint.bytes < whole.len() as u64);

    // Behind the checkpoint a kill may leave anything.
    let mut left = whole[..checkpoint.bytes as usize].to_vec();
    left.extend_from_slice(b"half a block");
    fs::write(partial(world, &FileStore::key(&id, lease.fencing_token)), left).unwrap();
    let report = Report { progress: control.progress(), beginning: None, checkpoint: Some(checkpoint.clone()) };
    world.store.release_job(&lease, &report, NOW).await.unwrap();
    Interrupted { request, whole, id, checkpoint }
}

fn partial(world: &World, key: &str) -> PathBuf {
    world.exports_dir().join(format!("{key}.partial"))
}

async fn sweep(world: &World) {
    let clock = Clock::Manual(world.clock.clone());
    Sweeper::new(world.store.clone(), world.files.clone(), clock).sweep().await.unwrap();
}

async fn finish(world: &World, id: &JobId) -> (StoredJob, Vec<u8>) {
    let running = world.start_workers().await;
    let job = eventually(async || world.job(id).await.filter(|job| job.status.is_final())).await;
    running.stop().await;
    assert_eq!((job.status, job.attempts, job.checkpoint.is_none()), (JobStatus::Completed, 2, true), "{job:?}");
    let bytes = world.exported(&job).await;
    assert_eq!(job.sha256.as_deref(), Some(muster::server::random::sha256_hex(&bytes).as_str()));
    (job, bytes)
}

async fn the_same_file_as_without_the_interruption(world: World) {
    fill(&world).await;
    let Interrupted { whole, id, checkpoint, .. } = interrupted(&world).await;
    let (job, bytes) = finish(&world, &id).await;
    assert_eq!(job.beginning, Beginning::Resumed { rows: checkpoint.rows });
    assert_eq!(job.progress.rows, USERS);
    assert!(bytes == whole);
}

async fn users_that_were_added_meanwhile_are_of_another_instant(world: World) {
    fill(&world).await;
    let Interrupted { whole, id, checkpoint, .. } = interrupted(&world).await;
    let (seq, _) = world.connection("Other").await;
    world.generate(seq, 10, 2);
    let (job, bytes) = finish(&world, &id).await;
    assert_eq!(job.beginning, Beginning::Resumed { rows: checkpoint.rows });
    assert!(bytes == whole);
}

async fn changed_or_deleted_users_make_it_start_over(world: World) {
    fill(&world).await;
    for change in ["UPDATE users SET email = 'changed@a.example' WHERE seq = 1", "DELETE FROM users WHERE seq = 1"] {
        let Interrupted { request, whole, id, .. } = interrupted(&world).await;
        world.execute(change).await;
        let (job, bytes) = finish(&world, &id).await;
        assert_eq!(job.beginning, Beginning::UsersChanged, "{change}");
        assert!(bytes != whole);
        let sink = FileSink::create(world.exports_dir().join("partial"), world.exports_dir().join("anew")).unwrap();
        export(&request).run(&world.store.user_source(), sink, &Control::default()).unwrap();
        assert!(bytes == fs::read(world.exports_dir().join("anew")).unwrap(), "{change}");
    }
}

async fn a_file_that_is_gone_short_or_damaged_makes_it_start_over(world: World) {
    let damages: [fn(&Path, u64); 3] = [
        |path, _| fs::remove_file(path).unwrap(),
        |path, len| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(len - 1).unwrap(),
        |path, len| {
            let mut bytes = fs::read(path).unwrap();
            bytes[len as usize / 2] ^= 1;
            fs::write(path, bytes).unwrap();
        },
    ];
    fill(&world).await;
    for damage in damages {
        let Interrupted { whole, id, checkpoint, .. } = interrupted(&world).await;
        let key = FileStore::key(&id, 1);
        damage(&partial(&world, &key), checkpoint.bytes);
        let (job, bytes) = finish(&world, &id).await;
        assert_eq!(job.beginning, Beginning::NothingDurable);
        assert!(bytes == whole);
    }
}

async fn what_can_be_resumed_is_not_swept_and_what_was_resumed_is(world: World) {
    fill(&world).await;
    let Interrupted { id, .. } = interrupted(&world).await;
    let partial = partial(&world, &FileStore::key(&id, 1));
    sweep(&world).await;
    assert!(partial.exists());
    finish(&world, &id).await;
    sweep(&world).await;
    assert!(!partial.exists());
    assert_eq!(fs::read_dir(world.exports_dir()).unwrap().count(), 1);
}

//! What a job keeps of its import: progress and failures agree with the users, whenever it is interrupted.

use std::io::{self, Read};

use muster::{
    domain::{
        import::{FailedUser, ImportProgress, ImportSummary},
        job::JobId,
    },
    server::{
        import::{BatchSize, ImportControl, ImportError, Observed, Observer, Outcome, PreparedUser, UserSink},
        store::user_writer::{Ledger, Mode, UserWriter},
    },
};

use crate::{
    databases::on_every_database,
    import_support::{IMPORT, begin, take_over, writer},
    support::World,
};

on_every_database! {
    progress_and_failures_are_kept_with_the_users,
    a_paused_workers_late_writes_are_refused,
    whoever_is_killed_goes_on_with_no_user_twice_and_none_lost,
    whoever_is_stopped_keeps_what_is_done,
    what_came_before_an_error_of_the_file_stays,
}

fn run(
    world: &World,
    seq: i64,
    mode: Mode,
    ledger: &Ledger,
    file: impl Read + Send,
) -> Result<ImportSummary, ImportError> {
    let writer = writer(world, seq, mode, ledger);
    let from = writer.start();
    IMPORT.run(file, &from, writer, &ImportControl::default())
}

/// Number, line, user and errors of a failure that is kept.
type Kept = (i64, i64, Option<String>, String);

/// The failures that are kept, and the codes under which they are found.
async fn kept(world: &World, job: &JobId) -> (Vec<Kept>, Vec<(String, i64)>) {
    let failures =
        format!("SELECT number, line, user_json, errors FROM import_failures WHERE job_id = '{job}' ORDER BY number");
    let codes = format!("SELECT code, number FROM import_failure_codes WHERE job_id = '{job}' ORDER BY code, number");
    (world.rows(&failures).await, world.rows(&codes).await)
}

async fn progress(world: &World, job: &JobId) -> Option<ImportProgress> {
    let json: Option<String> = world.value(&format!("SELECT import_progress FROM jobs WHERE id = '{job}'")).await;
    json.map(|json| serde_json::from_str(&json).unwrap())
}

/// E-mail address, username, name, both kinds of metadata, whether blocked, and the last change.
type User = (Option<String>, Option<String>, Option<String>, Option<String>, Option<String>, bool, i64);

/// Everything of the users but their keys and made-up ids, in their order.
async fn users(world: &World) -> Vec<User> {
    let sql = "SELECT email, username, name, user_metadata, app_metadata, blocked, updated_at FROM users ORDER BY seq";
    world.rows(sql).await
}

async fn progress_and_failures_are_kept_with_the_users(world: World) {
    let (seq, _) = world.connection("Db").await;
    let ledger = begin(&world).await;
    let file = "{\"username\": \"a\"}\n\n{\"email\": 5, \"x\": 1, \"password_hash\": \"hunter2\"}\n{\"username\": \"A\"}\n[\"hunter2\"]\n";
    let summary = run(&world, seq, Mode::Insert, &ledger, file.as_bytes()).unwrap();
    assert_eq!(summary, ImportSummary { total: 4, inserted: 1, failed: 3, ..ImportSummary::default() });
    assert_eq!(progress(&world, &ledger.job_id).await, Some(ImportProgress { bytes: file.len() as u64, summary }));
    let (failures, codes) = kept(&world, &ledger.job_id).await;
    let shown: Vec<_> = failures.iter().map(|(number, line, user, _)| (*number, *line, user.as_deref())).collect();
    assert_eq!(shown, [(2, 3, Some(r#"{"email":5,"x":1}"#)), (3, 4, Some(r#"{"username":"A"}"#)), (4, 5, None)]);
    assert!(!format!("{failures:?}").contains("hunter2"), "{failures:?}");
    let codes: Vec<_> = codes.iter().map(|(code, number)| (code.as_str(), *number)).collect();
    assert_eq!(
        codes,
        [("DUPLICATED_USER", 3), ("INVALID_TYPE", 2), ("NOT_PASSED", 2), ("OBJECT_REQUIRED", 4), ("PATTERN", 2)]
    );
    // They go with the job.
    world.execute("DELETE FROM jobs").await;
    assert_eq!(kept(&world, &ledger.job_id).await, (Vec::new(), Vec::new()));
}

async fn a_paused_workers_late_writes_are_refused(any: World) {
    for mode in [Mode::Insert, Mode::Upsert, Mode::DryRun { upsert: false }] {
        let world = any.another().await;
        let (seq, _) = world.connection("Db").await;
        let paused = begin(&world).await;
        let late = writer(&world, seq, mode, &paused);
        let ledger = take_over(&world).await;
        let file = "{\"username\": \"a\"}\n{\"username\": \"b\"}\nx";
        let from = late.start();
        let error = IMPORT.run(file.as_bytes(), &from, late, &ImportControl::default()).unwrap_err();
        assert!(matches!(error, ImportError::LeaseLost), "{mode:?}: {error}");
        assert_eq!(users(&world).await, [], "{mode:?}");
        assert_eq!(kept(&world, &ledger.job_id).await, (Vec::new(), Vec::new()), "{mode:?}");
        assert_eq!(progress(&world, &ledger.job_id).await, None);
        assert_eq!(world.value::<i64>("SELECT users FROM connections").await, 0);
        // The one that has the lease gets through, and so nobody is there twice.
        let summary = run(&world, seq, mode, &ledger, file.as_bytes()).unwrap();
        assert_eq!((summary.total, summary.failed), (3, 1), "{mode:?}");
        // A job that was cancelled takes nothing either.
        world.execute("UPDATE jobs SET status = 'cancelled'").await;
        let more = format!("{file}\n{{\"username\": \"c\"}}");
        let error = run(&world, seq, mode, &ledger, more.as_bytes()).unwrap_err();
        assert!(matches!(error, ImportError::LeaseLost), "{mode:?}: {error}");
        assert_eq!(users(&world).await.len(), if mode == (Mode::DryRun { upsert: false }) { 0 } else { 2 });
    }
}

/// A sink that makes its users durable now and then, and dies without a word.
struct Dying {
    sink: UserWriter,
    /// Batches between two commits.
    every: u64,
    /// Batches after which it dies.
    dies_after: u64,
    seen: u64,
}

impl UserSink for Dying {
    fn batch_size(&self) -> BatchSize {
        BatchSize { users: 3, bytes: 1024 * 1024 }
    }

    fn apply(&mut self, users: &[&PreparedUser]) -> Result<Vec<Outcome>, ImportError> {
        self.sink.apply(users)
    }

    fn fail(&mut self, user: &FailedUser) -> Result<(), ImportError> {
        self.sink.fail(user)
    }

    fn reached(&mut self, progress: &ImportProgress) -> Result<bool, ImportError> {
        self.seen += 1;
        if self.seen == self.dies_after {
            return Err(ImportError::store("killed"));
        }
        if self.seen.is_multiple_of(self.every) {
            self.sink.commit(progress)?;
            return Ok(true);
        }
        self.sink.reached(progress)
    }

    fn commit(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        self.sink.commit(progress)
    }

    fn finish(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        self.sink.finish(progress)
    }
}

/// Users of whom some fail, some are there twice and some were there before.
fn difficult_file(users: u32) -> String {
    (0..users)
        .map(|n| match n % 7 {
            1 => format!("{{\"email\": \"u{}@b.example\", \"name\": \"again {n}\"}}\n", n / 2),
            3 => "{\"name\": \"nobody\"}\n\n".to_owned(),
            5 => "{broken\n".to_owned(),
            _ => format!("{{\"email\": \"u{n}@b.example\", \"name\": \"n{n}\", \"user_metadata\": {{\"n\": {n}}}}}\n"),
        })
        .collect()
}

const BEFORE: &str = "{\"email\": \"u2@b.example\", \"name\": \"before\"}\n{\"email\": \"u9@b.example\", \"app_metadata\": {\"x\": 1}}\n";

async fn whoever_is_killed_goes_on_with_no_user_twice_and_none_lost(any: World) {
    let file = difficult_file(200);
    for mode in [Mode::Insert, Mode::Upsert, Mode::DryRun { upsert: true }] {
        let straight = any.another().await;
        let (seq, _) = straight.connection("Db").await;
        straight.import(seq, BEFORE.as_bytes());
        let ledger = begin(&straight).await;
        let expected = run(&straight, seq, mode, &ledger, file.as_bytes()).unwrap();
        let expected_failures = kept(&straight, &ledger.job_id).await;
        assert!(expected.failed > 50 && expected.inserted > 50, "{expected:?}");

        for (dies_after, every) in [(7, 3), (29, 10), (64, 1), (33, 1_000)] {
            let world = any.another().await;
            let (seq, _) = world.connection("Db").await;
            world.import(seq, BEFORE.as_bytes());
            let mut ledger = begin(&world).await;
            let mut attempts = 0;
            let summary = loop {
                attempts += 1;
                // It gets further each time, or it would never come to an end.
                let sink = writer(&world, seq, mode, &ledger);
                let from = sink.start();
                let dying = Dying { sink, every, dies_after: dies_after * attempts, seen: 0 };
                match IMPORT.run(file.as_bytes(), &from, dying, &ImportControl::default()) {
                    Ok(summary) => break summary,
                    Err(error) => assert!(error.to_string().contains("killed"), "{error}"),
                }
                ledger = take_over(&world).await;
            };
            assert!(attempts > 1);
            let what = format!("{mode:?}, dies after {dies_after}, commits every {every}");
            assert_eq!(summary, expected, "{what}");
            assert_eq!(kept(&world, &ledger.job_id).await, expected_failures, "{what}");
            assert_eq!(users(&world).await, users(&straight).await, "{what}");
            assert_eq!(progress(&world, &ledger.job_id).await.unwrap().summary, expected, "{what}");
            let counted: i64 = world.value("SELECT users FROM connections").await;
            assert_eq!(counted, users(&world).await.len() as i64, "{what}");
            assert_eq!(world.count("import_users").await, 0, "{what}");
        }
    }
}

/// Asks the import to stop in the middle.
struct Stopper<'c>(&'c ImportControl, u64);

impl Observer for Stopper<'_> {
    fn failed(&mut self, user: &FailedUser) {
        if user.number >= self.1 {
            self.0.stop();
        }
    }

    fn progressed(&mut self, _: &ImportProgress) {}
}

async fn whoever_is_stopped_keeps_what_is_done(world: World) {
    let (seq, _) = world.connection("Db").await;
    let ledger = begin(&world).await;
    let file = difficult_file(6_000);
    let control = ImportControl::default();
    let mut stopper = Stopper(&control, 700);
    let sink = writer(&world, seq, Mode::Upsert, &ledger);
    let batch = sink.batch_size().users as u64;
    let sink = Observed { sink, observer: &mut stopper };
    let error = IMPORT.run(file.as_bytes(), &ImportProgress::default(), sink, &control).unwrap_err();
    assert!(matches!(error, ImportError::Stopped), "{error}");
    let durable = control.progress();
    assert!((700..700 + 2 * batch).contains(&durable.summary.total), "{durable:?}");
    assert_eq!(progress(&world, &ledger.job_id).await, Some(durable));
    let summary = run(&world, seq, Mode::Upsert, &ledger, file.as_bytes()).unwrap();
    assert_eq!(summary.total, 6_000);
    assert_eq!(users(&world).await.len() as u64, summary.inserted);
}

/// A file that is there up to some byte.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the disk is gone")),
            bytes => Ok(bytes),
        }
    }
}

async fn what_came_before_an_error_of_the_file_stays(world: World) {
    let (seq, _) = world.connection("Db").await;
    let ledger = begin(&world).await;
    let error = run(&world, seq, Mode::Insert, &ledger, Broken(b"{\"username\": \"a\"}\n{\"username")).unwrap_err();
    assert!(matches!(error, ImportError::Read(_)), "{error}");
    assert_eq!(users(&world).await.len(), 1);
    // The whole file goes on behind it.
    let summary =
        run(&world, seq, Mode::Insert, &ledger, &b"{\"username\": \"a\"}\n{\"username\": \"b\"}"[..]).unwrap();
    assert_eq!((summary.total, summary.inserted), (2, 2));

    let world = world.another().await;
    let (seq, _) = world.connection("Db").await;
    let ledger = begin(&world).await;
    let error =
        run(&world, seq, Mode::Insert, &ledger, &b"[{\"username\": \"a\"},\n{\"username\": \"b"[..]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The file can't be read beyond line 2, column 16: the file ends before the end of the array: it was cut off."
    );
    assert_eq!(progress(&world, &ledger.job_id).await.unwrap().summary.inserted, 1);
}

//! Imports into PostgreSQL: what becomes of users is the same as with SQLite, also while others write.

use muster::{
    domain::{
        import::{ErrorCode, FailedUser, ImportProgress, ImportSummary},
        job::JobId,
        user::Attribute,
    },
    server::{
        export::Compression,
        import::{BatchSize, Import, ImportControl, ImportError, Outcome, PreparedUser, Rules, UserSink},
        store::user_writer::{Mode, UserWriter},
    },
};
use proptest::prelude::*;

use crate::{
    import_properties::{line, user},
    import_support::{IMPORT, begin, generated, take_over, writer},
    pg_world::{export, exported, number, psql, scope, world},
    support::{NOW, World, request},
};

/// Everything but the ids, which are made up where the file has none, and made dates.
fn all_users(world: &World) -> String {
    let fields: Vec<_> = Attribute::ALL
        .iter()
        .filter(|attribute| **attribute != Attribute::Identities)
        .map(|attribute| (attribute.name(), ""))
        .collect();
    let export = export(scope(None, None, 0), &request("json", &fields), Compression::None, 1);
    let lines = String::from_utf8(exported(world, &export)).unwrap();
    let without_id = |line: &str| {
        let mut user: serde_json::Value = serde_json::from_str(line).unwrap();
        user.as_object_mut().unwrap().remove("user_id");
        user.to_string()
    };
    lines.lines().map(without_id).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_becomes_of_users_is_the_same_as_with_sqlite() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mode =
        prop_oneof![Just(Mode::Insert), Just(Mode::Upsert), any::<bool>().prop_map(|upsert| Mode::DryRun { upsert })];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        max_shrink_iters: 100,
        ..ProptestConfig::default()
    });
    let files = (prop::collection::vec(user(), 0..4), prop::collection::vec(line(), 0..30), mode);
    runner
        .run(&files, |(before, lines, mode)| {
            runtime.block_on(async {
                let (one, (other, _)) = (World::new().await, world().await);
                let file = format!("{{}}\n{}", lines.join("\n"));
                let mut outcomes = Vec::new();
                for world in [&one, &other] {
                    let (seq, _) = world.connection("Db").await;
                    world.import(seq, before.join("\n").as_bytes());
                    let outcome = world.import_as(seq, mode, file.as_bytes());
                    let counted = world.store.count_users(Some(seq)).await.unwrap();
                    outcomes.push((outcome, all_users(world), counted));
                }
                prop_assert_eq!(&outcomes[0], &outcomes[1], "{:?}", mode);
                other.store.close().await;
                Ok(())
            })
        })
        .unwrap();
}

#[tokio::test]
async fn difficult_values() {
    let (one, (other, _)) = (World::new().await, world().await);
    let metadata = r#"{"nul": "a\u0000b", "small": 1e-300, "large": 123456789012345678901234567890, "deep": [[[{"x": "\ud83d\ude00"}]]]}"#;
    let mut file =
        format!("{{\"username\": \"a\", \"user_metadata\": {metadata}, \"app_metadata\": {{}}}}\n").into_bytes();
    file.extend_from_slice(
        b"{\"email\": \"\\\"a\\u0000b\\\"@x.example\"}\n{\"username\": \"b\", \"name\": \"a\\u0000b\"}\n",
    );
    file.extend_from_slice("{\"username\": \"c\", \"name\": \"\u{ffff} \u{202e} \u{feff}\"}\n".as_bytes());
    file.extend(generated(3_000, 9));
    let long = |len: usize| format!("{{\"username\": \"long{len}\", \"user_id\": \"{}\"}}\n", "é".repeat(len));
    file.extend(long(990).into_bytes());
    let mut outcomes = Vec::new();
    for world in [&one, &other] {
        let (seq, _) = world.connection("Db").await;
        outcomes.push((world.import_as(seq, Mode::Insert, &file), all_users(world)));
    }
    assert_eq!(outcomes[0].0, outcomes[1].0);
    assert!(outcomes[0].1 == outcomes[1].1);
    assert_eq!(outcomes[1].0.1.len(), 2);
    // Longer than PostgreSQL's index takes.
    let (seq, _) = other.connection("More").await;
    let (summary, failures) = other.import_as(seq, Mode::Insert, long(1_000).as_bytes());
    assert_eq!(summary.failed, 1);
    assert_eq!(failures[0].errors[0].code, ErrorCode::MaxLength);
    assert_eq!(failures[0].errors[0].message, "user_id has more than 2000 bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_of_the_same_users_at_once_add_each_once() {
    let (world, url) = world().await;
    let (seq, _) = world.connection("Db").await;
    let forwards = generated(9_000, 4);
    let mut lines: Vec<&[u8]> = forwards.split_inclusive(|byte| *byte == b'\n').collect();
    lines.reverse();
    let backwards = lines.concat();
    for (mode, round) in [(Mode::Insert, 0), (Mode::Upsert, 1)] {
        let summaries: Vec<ImportSummary> = std::thread::scope(|scope| {
            let import = |file: &[u8]| {
                let import = Import { rules: Rules { restore: true, now: NOW } };
                import
                    .run(file, &ImportProgress::default(), world.writer(seq, mode), &ImportControl::default())
                    .unwrap()
            };
            let runs = [&forwards, &backwards].map(|file| scope.spawn(move || import(file)));
            runs.map(|run| run.join().unwrap()).into()
        });
        let sum = |get: fn(&ImportSummary) -> u64| summaries.iter().map(get).sum::<u64>();
        assert_eq!(sum(|summary| summary.total), 18_000);
        match mode {
            Mode::Insert => assert_eq!((sum(|s| s.inserted), sum(|s| s.failed)), (9_000, 9_000), "{round}"),
            _ => assert_eq!(sum(|summary| summary.inserted), 0),
        }
        let mut database = psql(&url).await;
        assert_eq!(number(&mut database, "SELECT users FROM connections").await, 9_000);
        assert_eq!(number(&mut database, "SELECT count(*) FROM users").await, 9_000);
        assert_eq!(number(&mut database, "SELECT count(*) FROM user_search JOIN users ON seq = user_seq").await, 9_000);
    }
}

/// A sink that dies without a word after some batches.
struct Dying {
    sink: UserWriter,
    batches: u64,
}

impl UserSink for Dying {
    fn batch_size(&self) -> BatchSize {
        BatchSize { users: 7, bytes: 100_000 }
    }

    fn apply(&mut self, users: &[&PreparedUser]) -> Result<Vec<Outcome>, ImportError> {
        self.sink.apply(users)
    }

    fn fail(&mut self, user: &FailedUser) -> Result<(), ImportError> {
        self.sink.fail(user)
    }

    fn reached(&mut self, progress: &ImportProgress) -> Result<bool, ImportError> {
        if self.batches == 0 {
            return Err(ImportError::store("killed"));
        }
        self.batches -= 1;
        self.sink.reached(progress)
    }

    fn commit(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        self.sink.commit(progress)
    }

    fn finish(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        self.sink.finish(progress)
    }
}

type Kept = (Vec<(i64, i64, Option<String>, String)>, Vec<(String, i64)>);

async fn kept(url: &str, job: &JobId) -> Kept {
    let mut database = psql(url).await;
    let failures = "SELECT number, line, user_json, errors FROM import_failures WHERE job_id = $1 ORDER BY number";
    let failures = sqlx::query_as(failures).bind(job.as_str()).fetch_all(&mut database).await.unwrap();
    let codes = "SELECT code, number FROM import_failure_codes WHERE job_id = $1 ORDER BY code, number";
    (failures, sqlx::query_as(codes).bind(job.as_str()).fetch_all(&mut database).await.unwrap())
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

#[tokio::test]
async fn whoever_is_killed_goes_on_with_no_user_twice_and_none_lost() {
    let file = difficult_file(200);
    for mode in [Mode::Insert, Mode::Upsert, Mode::DryRun { upsert: true }] {
        let (straight, straight_url) = world().await;
        let (seq, _) = straight.connection("Db").await;
        straight.import(seq, BEFORE.as_bytes());
        let ledger = begin(&straight).await;
        let sink = writer(&straight, seq, mode, &ledger);
        let expected =
            IMPORT.run(file.as_bytes(), &ImportProgress::default(), sink, &ImportControl::default()).unwrap();
        let expected_failures = kept(&straight_url, &ledger.job_id).await;
        assert!(expected.failed > 50 && expected.inserted > 50, "{expected:?}");
        let expected_users = all_users(&straight);
        straight.store.close().await;
        for batches in [0, 1, 9, 28] {
            let (world, url) = world().await;
            let (seq, _) = world.connection("Db").await;
            world.import(seq, BEFORE.as_bytes());
            let first = begin(&world).await;
            let dying = Dying { sink: writer(&world, seq, mode, &first), batches };
            let control = ImportControl::default();
            let error = IMPORT.run(file.as_bytes(), &ImportProgress::default(), dying, &control).unwrap_err();
            assert!(error.to_string().contains("killed"), "{error}");
            let second = take_over(&world).await;
            let sink = writer(&world, seq, mode, &second);
            let from = sink.start();
            let durable = if matches!(mode, Mode::DryRun { .. }) { 0 } else { batches * 7 };
            assert_eq!(from.summary.total, durable, "{mode:?}");
            let summary = IMPORT.run(file.as_bytes(), &from, sink, &ImportControl::default()).unwrap();
            assert_eq!(summary, expected, "{mode:?} {batches}");
            assert_eq!(kept(&url, &second.job_id).await, expected_failures, "{mode:?} {batches}");
            assert_eq!(all_users(&world), expected_users, "{mode:?} {batches}");
            let mut database = psql(&url).await;
            assert_eq!(number(&mut database, "SELECT count(*) FROM import_users").await, 0);
            let total = number(&mut database, "SELECT users FROM connections").await;
            assert_eq!(number(&mut database, "SELECT count(*) FROM users").await, total);
            world.store.close().await;
        }
    }
}

#[tokio::test]
async fn a_paused_workers_late_writes_are_refused() {
    for mode in [Mode::Insert, Mode::Upsert, Mode::DryRun { upsert: false }] {
        let (world, url) = world().await;
        let (seq, _) = world.connection("Db").await;
        let paused = begin(&world).await;
        let late = writer(&world, seq, mode, &paused);
        let ledger = take_over(&world).await;
        let file = "{\"username\": \"a\"}\n{\"username\": \"b\"}\nx";
        let from = late.start();
        let error = IMPORT.run(file.as_bytes(), &from, late, &ImportControl::default()).unwrap_err();
        assert!(matches!(error, ImportError::LeaseLost), "{mode:?}: {error}");
        assert_eq!(all_users(&world), "");
        assert_eq!(kept(&url, &ledger.job_id).await, (Vec::new(), Vec::new()), "{mode:?}");
        // The one that has the lease gets through.
        let sink = writer(&world, seq, mode, &ledger);
        let summary = IMPORT.run(file.as_bytes(), &from, sink, &ImportControl::default()).unwrap();
        assert_eq!((summary.total, summary.failed), (3, 1), "{mode:?}");
    }
}

#[tokio::test]
async fn secrets_are_sealed() {
    let (world, url) = world().await;
    let (seq, _) = world.connection("Db").await;
    let hash = format!("$2b$10${}", "x".repeat(53));
    world.import(
        seq,
        format!("{{\"username\": \"a\", \"password_hash\": \"{hash}\"}}\n{{\"username\": \"b\"}}").as_bytes(),
    );
    let sealed: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT user_seq, sealed FROM user_secrets").fetch_all(&mut psql(&url).await).await.unwrap();
    assert_eq!(sealed.len(), 1);
    assert!(sealed[0].1.len() > 60 && !sealed[0].1.windows(8).any(|part| part == b"xxxxxxxx"));
}

//! Imports into PostgreSQL: what becomes of users is the same as with SQLite, also while others write.

use muster::{
    domain::{
        import::{ErrorCode, ImportProgress, ImportSummary},
        user::Attribute,
    },
    server::{
        export::Compression,
        import::{Import, ImportControl, Rules},
        store::user_writer::Mode,
    },
};
use proptest::prelude::*;

use crate::{
    import_properties::{file_of, line, user},
    import_support::generated,
    pg_world::{export, exported, scope, world},
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
                let file = file_of(&lines);
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
    let (world, _) = world().await;
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
        assert_eq!(world.value::<i64>("SELECT users FROM connections").await, 9_000);
        assert_eq!(world.count("users").await, 9_000);
        assert_eq!(world.count("user_search JOIN users ON seq = user_seq").await, 9_000);
    }
}

//! What holds for any file: a dry run says what an import does, and what was exported can be imported as it is.

use std::num::NonZeroUsize;

use muster::{
    domain::{export::ExportRequest, field::FieldSpec, user::Attribute},
    server::{
        export::{Compression, Control, Export, source::Scope},
        generate,
        store::user_writer::Mode,
    },
};
use proptest::prelude::*;

use crate::{
    databases::on_every_database,
    support::{World, request},
};

on_every_database! {
    the_default_export_can_be_imported_as_it_is,
}

fn export(world: &World, request: &ExportRequest) -> Vec<u8> {
    let export = Export {
        scope: Scope { connection_seq: None, query: None, limit: None },
        format: request.format(),
        fields: request.fields().to_vec(),
        compression: Compression::None,
        threads: NonZeroUsize::new(2).unwrap(),
        gives_way: false,
    };
    let key = "test.export";
    export.run(&world.store.user_source(), world.files.create(key, "acme").unwrap(), &Control::default()).unwrap();
    std::fs::read(world.exports_dir().join(key)).unwrap()
}

/// The world, with the users of this file, none of whom may fail.
async fn imported(world: World, file: &[u8]) -> World {
    let (seq, _) = world.connection("Db").await;
    let (summary, failures) = world.import_as(seq, Mode::Insert, file);
    assert!(failures.is_empty(), "{failures:?}");
    assert!(summary.inserted > 0);
    world
}

/// Identifiers are drawn from few values, so that files are full of duplicates.
pub fn user() -> impl Strategy<Value = String> {
    let member = |name: &'static str, values: Vec<&'static str>| {
        prop::option::weighted(0.6, prop::sample::select(values))
            .prop_map(move |value| value.map(|value| format!("\"{name}\": {value}")))
    };
    let members = (
        member(
            "email",
            vec!["\"a@x.example\"", "\"b@x.example\"", "\"B@x.example\"", "\"c@x.example\"", "\"nobody\"", "null"],
        ),
        member("username", vec!["\"u\"", "\"v\"", "\"W\"", "\"w\"", "\"no no\""]),
        member("phone_number", vec!["\"+1\"", "\"+2\"", "\"2\""]),
        member("user_id", vec!["\"1\"", "\"auth0|1\"", "\"2\"", "\"3\""]),
        member("user_metadata.x.y", vec!["1", "\"z\"", "null", "{}"]),
        member("name", vec!["\"N\"", "\"M\"", "7"]),
        member("logins_count", vec!["1", "-1"]),
    );
    members.prop_map(|(a, b, c, d, e, f, g)| {
        let members: Vec<_> = [a, b, c, d, e, f, g].into_iter().flatten().collect();
        format!("{{{}}}", members.join(", "))
    })
}

/// A line of a file: mostly users.
pub fn line() -> impl Strategy<Value = String> {
    prop_oneof![12 => user(), 1 => Just("{".to_owned()), 1 => Just("[]".to_owned()), 1 => Just(String::new())]
}

/// A file that begins with an object, so that it is one of users.
pub fn file_of(lines: &[String]) -> String {
    format!("{{}}\n{}", lines.join("\n"))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

// On SQLite, because `pg_import` and `pg_export` have that on PostgreSQL the same becomes of any file and of any export.
proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_dry_run_says_what_an_import_does(
        before in prop::collection::vec(user(), 0..4),
        lines in prop::collection::vec(line(), 0..30),
        upsert in any::<bool>(),
    ) {
        runtime().block_on(async {
            let world = World::new().await;
            let (seq, _) = world.connection("Db").await;
            world.import(seq, before.join("\n").as_bytes());
            let file = file_of(&lines);
            let dry = world.import_as(seq, Mode::DryRun { upsert }, file.as_bytes());
            let mode = if upsert { Mode::Upsert } else { Mode::Insert };
            let wet = world.import_as(seq, mode, file.as_bytes());
            assert_eq!(dry, wet);
            let summary = wet.0;
            assert_eq!(summary.inserted + summary.updated + summary.failed, summary.total);
        });
    }

    #[test]
    fn what_was_exported_imports_to_the_same_export(seed in any::<u64>(), users in 1_u64..300) {
        runtime().block_on(async {
            let mut file = Vec::new();
            generate::write_users(&mut file, users, seed).unwrap();
            let first = imported(World::new().await, &file).await;
            let all: Vec<_> = Attribute::ALL.iter().map(|attribute| (attribute.name(), "")).collect();
            let all = request("json", &all);
            let exported = export(&first, &all);
            let second = imported(World::new().await, &exported).await;
            assert!(export(&second, &all) == exported, "NDJSON of all attributes, seed {seed}, {users} users");

            // The same as an array.
            let lines: Vec<&str> = std::str::from_utf8(&exported).unwrap().lines().collect();
            let third = imported(World::new().await, format!("[{}]", lines.join(",\n")).as_bytes()).await;
            assert!(export(&third, &all) == exported, "an array, seed {seed}, {users} users");

            // What CSV can hold: everything but metadata as a whole.
            let fields: Vec<_> = Attribute::ALL
                .iter()
                .filter(|attribute| !attribute.is_metadata())
                .map(|attribute| (attribute.name(), ""))
                .chain([("identities[0].connection", "connection"), ("user_metadata.city", ""), ("user_metadata.address.city", "")])
                .collect();
            let csv = request("csv", &fields);
            let exported = export(&first, &csv);
            let fourth = imported(World::new().await, &exported).await;
            assert!(export(&fourth, &csv) == exported, "CSV, seed {seed}, {users} users");
            // NDJSON names members of metadata by their paths, too.
            let ndjson = request("json", &fields[..fields.len() - 1]);
            let exported = export(&first, &ndjson);
            assert!(export(&imported(World::new().await, &exported).await, &ndjson) == exported, "NDJSON with paths, seed {seed}, {users} users");
        });
    }
}

async fn the_default_export_can_be_imported_as_it_is(world: World) {
    let mut file = Vec::new();
    generate::write_users(&mut file, 500, 7).unwrap();
    let first = imported(world, &file).await;
    // A connection's name is not the file's to say: users get into the one that is imported into.
    let defaults = FieldSpec::defaults();
    let rest: Vec<_> = defaults
        .iter()
        .map(|field| field.path.as_str())
        .filter(|path| !path.contains('.'))
        .map(|path| (path, ""))
        .collect();
    assert_eq!(rest.len() + 1, defaults.len());
    let rest = request("json", &rest);
    for format in ["csv", "json"] {
        let second = imported(first.another().await, &export(&first, &request(format, &[]))).await;
        assert!(export(&second, &rest) == export(&first, &rest), "{format}");
    }
}

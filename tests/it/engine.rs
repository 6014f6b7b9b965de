//! The export engine on a real database.

use std::{
    io,
    num::{NonZeroU64, NonZeroUsize},
};

use muster::server::{
    export::{
        Compression, Control, Export, ExportError, Finished,
        sink::{Sink, Syncer},
        source::Scope,
    },
    files::FileSink,
};

use crate::{
    databases::on_every_database,
    support::{World, gunzip, request},
};

on_every_database! {
    csv_of_every_kind_of_value,
    ndjson_of_every_kind_of_value,
    scope_limit_and_order,
    no_users_make_a_file_with_a_header_or_an_empty_one,
    gzip_is_the_same_file_compressed_with_its_hash,
    what_was_generated_comes_out_unchanged,
    broken_metadata_fails_the_export_and_names_the_user,
    metadata_that_was_pretty_printed_into_the_database_stays_on_its_line,
    a_full_disk_fails_the_export_in_words_for_a_person,
    a_file_that_vanishes_before_it_is_published_fails_the_export,
    users_that_are_added_meanwhile_are_not_in_the_snapshot,
}

/// Collects bytes, and fails when there are more than `room`.
struct Memory<'a> {
    bytes: &'a mut Vec<u8>,
    room: usize,
    published: &'a mut bool,
}

impl Sink for Memory<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.bytes.len() + bytes.len() > self.room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn syncer(&self) -> io::Result<Option<Syncer>> {
        Ok(None)
    }

    fn publish(self) -> io::Result<()> {
        *self.published = true;
        Ok(())
    }
}

struct Exported {
    result: Result<Finished, ExportError>,
    bytes: Vec<u8>,
    published: bool,
}

fn export(world: &World, connection_seq: Option<i64>, limit: u64, format: &str, fields: &[(&str, &str)]) -> Exported {
    run(world, connection_seq, limit, format, fields, Compression::None, usize::MAX)
}

fn run(
    world: &World,
    connection_seq: Option<i64>,
    limit: u64,
    format: &str,
    fields: &[(&str, &str)],
    compression: Compression,
    room: usize,
) -> Exported {
    let request = request(format, fields);
    let export = Export {
        scope: Scope { connection_seq, query: None, limit: NonZeroU64::new(limit) },
        format: request.format(),
        fields: request.fields().to_vec(),
        compression,
        threads: NonZeroUsize::new(3).unwrap(),
        gives_way: false,
    };
    let (mut bytes, mut published) = (Vec::new(), false);
    let sink = Memory { bytes: &mut bytes, room, published: &mut published };
    let result = export.run(&world.store.user_source(), sink, &Control::default());
    Exported { result, bytes, published }
}

fn text(exported: &Exported) -> &str {
    assert!(exported.result.is_ok(), "{:?}", exported.result);
    std::str::from_utf8(&exported.bytes).unwrap()
}

const ANN: &str = r#"{"email": "ann@a.example", "user_id": "1", "name": "=Ann \"A\"", "logins_count": 3,
    "created_at": "2024-01-02T03:04:05.678Z", "updated_at": "2024-01-02T03:04:05Z", "multifactor": ["totp", "webauthn"],
    "user_metadata": {"city": "Köln\n", "n": 1.50, "none": null, "list": [1, {"x": "y"}], "born": "2000-01-01T00:00:00.000Z"}}"#;
const BOB: &str = r#"{"username": "bob", "user_id": "2", "created_at": "2024-01-02T03:04:05Z", "updated_at": "2024-01-02T03:04:05Z",
    "identities": [{"connection": "Old", "user_id": 2, "provider": "auth0", "isSocial": false},
                   {"connection": "github", "user_id": "g2", "provider": "github", "isSocial": true, "profileData": {"url": "u"}}]}"#;

async fn ann_and_bob(world: &World) {
    let (seq, _) = world.connection("Db").await;
    let lines = format!("{}\n{}\n", ANN.replace('\n', ""), BOB.replace('\n', ""));
    assert_eq!(world.import(seq, lines.as_bytes()).1, []);
}

async fn csv_of_every_kind_of_value(world: World) {
    ann_and_bob(&world).await;
    let fields = [
        ("user_id", ""),
        ("email", "E"),
        ("email_verified", ""),
        ("name", ""),
        ("logins_count", ""),
        ("created_at", ""),
        ("user_metadata.city", ""),
        ("user_metadata.n", ""),
        ("user_metadata.none", ""),
        ("user_metadata.list", ""),
        ("user_metadata.list[1].x", ""),
        ("user_metadata.born", ""),
        ("multifactor[1]", ""),
        ("identities[0].connection", "c"),
        ("identities[0].user_id", "u"),
        ("identities[1].profileData.url", "p"),
    ];
    let exported = export(&world, None, 0, "csv", &fields);
    assert_eq!(
        text(&exported),
        concat!(
            "\"user_id\",\"E\",\"email_verified\",\"name\",\"logins_count\",\"created_at\",\"user_metadata.city\",",
            "\"user_metadata.n\",\"user_metadata.none\",\"user_metadata.list\",\"user_metadata.list[1].x\",",
            "\"user_metadata.born\",\"multifactor[1]\",\"c\",\"u\",\"p\"\r\n",
            "\"'auth0|1\",\"'ann@a.example\",false,\"'=Ann \"\"A\"\"\",3,2024-01-02T03:04:05.678Z,\"'Köln\n\",1.50,,",
            "\"'[1,{\"\"x\"\":\"\"y\"\"}]\",\"'y\",\"'2000-01-01T00:00:00.000Z\",\"'webauthn\",\"'Db\",\"'1\",\r\n",
            "\"'auth0|2\",,false,,,2024-01-02T03:04:05.000Z,,,,,,,,\"'Old\",2,\"'u\"\r\n",
        )
    );
}

async fn ndjson_of_every_kind_of_value(world: World) {
    ann_and_bob(&world).await;
    let fields = [
        ("user_metadata", "m"),
        ("user_metadata.city", ""),
        ("user_metadata.none", ""),
        ("identities", ""),
        ("logins_count", ""),
        ("app_metadata", ""),
        ("multifactor", ""),
    ];
    let exported = export(&world, None, 0, "json", &fields);
    assert_eq!(
        text(&exported),
        concat!(
            r#"{"m":{"city":"Köln\n","n":1.50,"none":null,"list":[1,{"x":"y"}],"born":"2000-01-01T00:00:00.000Z"},"#,
            r#""user_metadata.city":"Köln\n","user_metadata.none":null,"#,
            r#""identities":[{"connection":"Db","user_id":"1","provider":"auth0","isSocial":false}],"#,
            r#""logins_count":3,"multifactor":["totp","webauthn"]}"#,
            "\n",
            r#"{"identities":[{"connection":"Old","user_id":2,"provider":"auth0","isSocial":false},"#,
            r#"{"connection":"github","user_id":"g2","provider":"github","isSocial":true,"profileData":{"url":"u"}}]}"#,
            "\n",
        )
    );
}

async fn scope_limit_and_order(world: World) {
    let (first, _) = world.connection("First").await;
    let (second, _) = world.connection("Second").await;
    world.generate(first, 30, 1);
    world.generate(second, 20, 2);
    let rows = |connection, limit| {
        let exported = export(&world, connection, limit, "json", &[("user_id", "")]);
        text(&exported).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let (all, of_first, of_second) = (rows(None, 0), rows(Some(first), 0), rows(Some(second), 0));
    assert_eq!((all.len(), of_first.len(), of_second.len()), (50, 30, 20));
    assert_eq!(all, [of_first, of_second].concat(), "the store's own order");
    assert_eq!(rows(None, 10), all[..10]);
    assert_eq!(rows(None, 1_000), all);
}

async fn no_users_make_a_file_with_a_header_or_an_empty_one(world: World) {
    assert_eq!(text(&export(&world, None, 0, "csv", &[("email", "")])), "\"email\"\r\n");
    assert_eq!(text(&export(&world, None, 0, "json", &[("email", "")])), "");
    let gzipped = run(&world, None, 0, "json", &[], Compression::Gzip, usize::MAX);
    assert!(!gzipped.bytes.is_empty() && gunzip(&gzipped.bytes).is_empty());
}

async fn gzip_is_the_same_file_compressed_with_its_hash(world: World) {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 5_000, 1);
    let plain = export(&world, None, 0, "csv", &[]);
    let gzipped = run(&world, None, 0, "csv", &[], Compression::Gzip, usize::MAX);
    assert_eq!(gunzip(&gzipped.bytes), plain.bytes);
    assert!(gzipped.bytes.len() * 2 < plain.bytes.len(), "{} of {}", gzipped.bytes.len(), plain.bytes.len());
    let finished = gzipped.result.unwrap();
    assert_eq!(finished.sha256, muster::server::random::sha256_hex(&gzipped.bytes));
    assert_eq!(finished.progress.bytes, gzipped.bytes.len() as u64);
    assert_eq!((finished.progress.rows, finished.progress.expected_rows), (5_000, Some(5_000)));
    let again = run(&world, None, 0, "csv", &[], Compression::Gzip, usize::MAX);
    assert_eq!(again.bytes, gzipped.bytes, "byte for byte the same");
}

async fn what_was_generated_comes_out_unchanged(world: World) {
    let (seq, _) = world.connection("Username-Password-Authentication").await;
    let mut lines = Vec::new();
    muster::server::generate::write_users(&mut lines, 3_000, 7).unwrap();
    world.import(seq, &lines);
    let names = [
        "user_id",
        "email",
        "username",
        "phone_number",
        "name",
        "given_name",
        "family_name",
        "nickname",
        "picture",
        "created_at",
        "updated_at",
        "last_login",
        "last_ip",
        "logins_count",
        "last_password_reset",
        "multifactor",
        "multifactor_last_modified",
        "user_metadata",
        "app_metadata",
    ];
    let exported = export(&world, None, 0, "json", &names.map(|name| (name, "")));
    let parse = |text: &str| -> Vec<serde_json::Map<String, serde_json::Value>> {
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let mut expected = parse(std::str::from_utf8(&lines).unwrap());
    for user in &mut expected {
        user.retain(|name, _| names.contains(&name.as_str()));
    }
    assert_eq!(parse(text(&exported)), expected);
}

async fn broken_metadata_fails_the_export_and_names_the_user(world: World) {
    ann_and_bob(&world).await;
    for broken in ["{broken", "", "{\"a\": 1} x", "{\"a\": tru}"] {
        let refused = world.try_execute(&format!("UPDATE users SET user_metadata = '{broken}'")).await;
        assert!(refused.is_err(), "{broken}");
    }
    for (broken, fields) in [
        ("{broken", vec![("json", "user_metadata"), ("csv", "user_metadata.a")]),
        ("", vec![("json", "user_metadata"), ("csv", "user_metadata.a")]),
        ("{\"a\": 1} x", vec![("json", "user_metadata"), ("json", "user_metadata.a")]),
        // What is between the braces is only looked at for what is in it.
        ("{\"a\": tru}", vec![("json", "user_metadata.b"), ("csv", "user_metadata.a")]),
    ] {
        world.break_metadata(broken, "user_id = 'auth0|2'").await;
        for (format, field) in fields {
            let exported = export(&world, None, 0, format, &[(field, "")]);
            let message = exported.result.unwrap_err().to_string();
            assert!(message.contains("auth0|2") && message.contains("user_metadata"), "{message}");
            assert!(!exported.published);
        }
        // Whoever does not ask for it is not harmed.
        assert_eq!(text(&export(&world, None, 0, "csv", &[("user_id", "")])).lines().count(), 3);
    }
}

async fn metadata_that_was_pretty_printed_into_the_database_stays_on_its_line(world: World) {
    ann_and_bob(&world).await;
    world.execute("UPDATE users SET user_metadata = '{\n  \"a b\": [1.0,\r\n 2]\n}'").await;
    let exported = export(&world, None, 1, "json", &[("user_metadata", ""), ("user_metadata.a b", "l")]);
    assert_eq!(text(&exported), "{\"user_metadata\":{\"a b\":[1.0,2]},\"l\":[1.0,2]}\n");
}

async fn a_full_disk_fails_the_export_in_words_for_a_person(world: World) {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 3_000, 1);
    for compression in [Compression::None, Compression::Gzip] {
        let exported = run(&world, None, 0, "json", &[("app_metadata", "")], compression, 1_000);
        let message = exported.result.unwrap_err().to_string();
        assert!(message.contains("disk for export files is full"), "{message}");
        assert!(!exported.published);
    }
}

async fn a_file_that_vanishes_before_it_is_published_fails_the_export(world: World) {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 10, 1);
    let (temporary, path) = (world.dir.path().join("x.partial"), world.dir.path().join("x"));
    let sink = FileSink::create(temporary.clone(), path.clone()).unwrap();
    std::fs::remove_file(&temporary).unwrap();
    let request = request("csv", &[]);
    let export = Export {
        scope: Scope { connection_seq: None, query: None, limit: None },
        format: request.format(),
        fields: request.fields().to_vec(),
        compression: Compression::Gzip,
        threads: NonZeroUsize::MIN,
        gives_way: false,
    };
    let error = export.run(&world.store.user_source(), sink, &Control::default()).unwrap_err();
    assert!(error.to_string().contains("vanished"), "{error}");
    assert!(!path.exists());
}

async fn users_that_are_added_meanwhile_are_not_in_the_snapshot(world: World) {
    use muster::server::export::source::{Column, Reader, Row, Snapshot, UserSource, Visitor};

    struct Count(u64);
    impl Visitor for Count {
        fn visit(&mut self, _: &impl Row) -> Result<(), ExportError> {
            self.0 += 1;
            Ok(())
        }
    }

    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 5_000, 1);
    let columns = [Column::Attribute(muster::domain::user::Attribute::UserId)];
    let scope = Scope { connection_seq: None, query: None, limit: None };
    let snapshot = world.store.user_source().snapshot(&scope, &columns, 3, None).unwrap();
    world.import(seq, b"{\"username\": \"late\"}");
    world.execute("DELETE FROM users WHERE seq < 50").await;
    assert_eq!(snapshot.extent().rows, 5_000);
    let parts = snapshot.extent().parts();
    assert_eq!(parts, 3);
    let mut readers = snapshot.into_readers();
    assert_eq!(readers.len(), 3);
    for reader in &mut readers {
        let mut count = Count(0);
        (0..parts).for_each(|part| reader.scan(part, &mut count).unwrap());
        assert_eq!(count.0, 5_000);
    }
    drop(readers);
    assert_eq!(world.store.users_page(None, None).await.unwrap().total, 4_952);
}

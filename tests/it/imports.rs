//! Imports into a real database.

use std::{
    io::{self, Cursor, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use muster::{
    domain::import::{ErrorCode, ImportProgress},
    server::{
        import::{Import, ImportControl, ImportError, Rules, UserSink},
        store::user_writer::Mode,
    },
};

use crate::{
    by_hand::contains,
    databases::on_every_database,
    support::{NOW, World},
};

on_every_database! {
    duplicates_are_found_by_every_identifier,
    secrets_are_sealed_and_nowhere_else,
    what_came_before_a_read_error_stays,
    an_import_does_not_block_the_rest_of_the_product,
    others_write_while_an_import_writes,
    a_file_of_nothing_but_garbage_ends_soon_and_keeps_little,
    every_format_comes_to_the_same_users,
}

async fn duplicates_are_found_by_every_identifier(world: World) {
    let (seq, _) = world.connection("Db").await;
    let (other, _) = world.connection("Other").await;
    let first = r#"{"user_id": "1", "email": "a@b.example", "username": "ann", "phone_number": "+1"}"#;
    assert_eq!(world.import(seq, first.as_bytes()).0.inserted, 1);
    for (line, attribute) in [
        (r#"{"user_id": "auth0|1", "email": "c@b.example"}"#, "user_id"),
        (r#"{"email": "A@B.EXAMPLE"}"#, "email"),
        (r#"{"username": "Ann"}"#, "username"),
        (r#"{"phone_number": "+1"}"#, "phone_number"),
    ] {
        let (summary, failures) = world.import(seq, line.as_bytes());
        assert_eq!((summary.inserted, summary.failed), (0, 1), "{line}");
        let error = &failures[0].1[0];
        assert_eq!((error.code, error.path.as_str()), (ErrorCode::DuplicatedUser, attribute), "{line}");
    }
    // Another connection has e-mail addresses of its own; ids are the tenant's.
    assert_eq!(world.import(other, br#"{"email": "a@b.example"}"#).0.inserted, 1);
    assert_eq!(world.import(other, br#"{"user_id": "1", "username": "x"}"#).0.failed, 1);
}

async fn secrets_are_sealed_and_nowhere_else(world: World) {
    let (seq, _) = world.connection("Db").await;
    let hash = format!("$2b$10${}", "Q".repeat(53));
    let line = format!(
        r#"{{"username": "ann", "password_hash": "{hash}", "mfa_factors": [{{"totp": {{"secret": "JBSWY3DPEHPK"}}}}]}}"#
    );
    assert_eq!(world.import(seq, line.as_bytes()).0.inserted, 1);
    let sealed: Vec<u8> = world.value("SELECT sealed FROM user_secrets").await;
    assert!(sealed.len() > line.len() / 2);
    let stored = world.everything().await;
    assert!(contains(&stored, b"ann"), "this is where it would be");
    for secret in [&hash[7..], "JBSWY3DPEHPK"] {
        assert!(!contains(&stored, secret.as_bytes()));
    }
}

/// A disk that fails in the middle of a file.
struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is gone"))
    }
}

async fn what_came_before_a_read_error_stays(world: World) {
    let (seq, _) = world.connection("Db").await;
    let lines = (0..300).map(|n| format!("{{\"username\": \"u{n}\"}}\n")).collect::<String>();
    let import = Import { rules: Rules { restore: false, now: NOW } };
    let control = ImportControl::default();
    let file = Cursor::new(lines).chain(Failing);
    let error = import.run(file, &ImportProgress::default(), world.writer(seq, Mode::Insert), &control).unwrap_err();
    assert!(matches!(error, ImportError::Read(_)), "{error}");
    assert_eq!((world.count("users").await, control.progress().summary.inserted), (300, 300));
}

async fn an_import_does_not_block_the_rest_of_the_product(world: World) {
    let (seq, _) = world.connection("Db").await;
    // A writer with a transaction open: readers see the users of before, and page reads don't wait.
    let mut writer = world.writer(seq, Mode::Insert);
    let validated = Rules { restore: false, now: NOW }.validate(br#"{"username": "open"}"#).unwrap();
    writer.apply(&[&validated.user.into()]).unwrap();
    assert_eq!(world.store.users_page(None, None).await.unwrap().users.len(), 0);
    writer.commit(&ImportProgress::default()).unwrap();
    assert_eq!(world.store.users_page(None, None).await.unwrap().users.len(), 1);
}

async fn others_write_while_an_import_writes(world: World) {
    let (seq, _) = world.connection("Db").await;
    let mut writer = world.writer(seq, Mode::Insert);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let importing = std::thread::spawn(move || {
        let rules = Rules { restore: false, now: NOW };
        let mut users = 0_u64;
        // It is always ready to write: only the writer itself can leave a gap.
        while !stopped.load(Ordering::Relaxed) {
            let line = format!("{{\"username\": \"u{users}\"}}");
            writer.apply(&[&rules.validate(line.as_bytes()).unwrap().user.into()]).unwrap();
            users += 1;
            writer.reached(&ImportProgress::default()).unwrap();
        }
        writer.finish(&ImportProgress::default()).unwrap();
        users
    });
    let mut slowest = Duration::ZERO;
    for name in ["a", "b", "c", "d"] {
        let began = Instant::now();
        world.services.operator_add_connection(name.parse().unwrap()).await.unwrap();
        slowest = slowest.max(began.elapsed());
    }
    stop.store(true, Ordering::Relaxed);
    let users = importing.join().unwrap();
    // About a second unless the machine is busy; without gaps it would wait for half a minute and fail.
    assert!(slowest < Duration::from_secs(10), "{slowest:?}, {users} users");
    assert_eq!(world.store.count_users(Some(seq)).await.unwrap(), users);
}

async fn a_file_of_nothing_but_garbage_ends_soon_and_keeps_little(world: World) {
    let (seq, _) = world.connection("Db").await;
    let import = Import { rules: Rules { restore: false, now: NOW } };
    let run = |file: &[u8]| {
        let control = ImportControl::default();
        let result = import.run(file, &ImportProgress::default(), world.writer(seq, Mode::Insert), &control);
        (result, control.progress().summary)
    };
    let (result, done) = run("{\n".repeat(5_000).as_bytes());
    let error = result.unwrap_err().to_string();
    assert!(error.contains("line 1, column 1: none of the first 1000 users can be read: "), "{error}");
    assert_eq!(done.total, 999);
    for (file, place) in [
        ("{not json}", "line 1, column 1"),
        ("[nope]", "line 1, column 2"),
        ("{\n \"email\": \"a@example.com\"\n}\n", "line 1, column 1"),
        ("\n[1,\n \"two\", [3], null]", "line 2, column 2"),
    ] {
        let error = run(file.as_bytes()).0.unwrap_err().to_string();
        assert!(error.contains(&format!("{place}: not one of the users can be read: ")), "{file}: {error}");
    }
    // One user among the first is enough, whatever follows.
    let (result, _) = run(format!("{{\"username\": \"a\"}}\n{}", "{\n".repeat(5_000)).as_bytes());
    assert_eq!(result.unwrap().failed, 5_000);
    // Objects that break other rules are users.
    let (result, _) = run("{}\n".repeat(5_000).as_bytes());
    assert_eq!(result.unwrap().failed, 5_000);
}

async fn every_format_comes_to_the_same_users(any: World) {
    let lines =
        "{\"email\": \"a@b.example\", \"user_metadata\": {\"x\": 1.50}}\n{\"username\": \"bob\", \"blocked\": true}\n";
    let array = "[{\"email\": \"a@b.example\", \"user_metadata\": {\"x\": 1.50}},\n {\"username\": \"bob\", \"blocked\": true}]";
    let csv =
        "\"email\",\"username\",\"blocked\",\"user_metadata.x\"\r\n\"'a@b.example\",,,1.50\r\n,\"'bob\",true,\r\n";
    type User = (Option<String>, Option<String>, bool, Option<String>);
    let mut seen = Vec::new();
    for file in [lines, array, csv] {
        let mut gzipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut gzipped, file.as_bytes()).unwrap();
        for bytes in [file.as_bytes().to_vec(), gzipped.finish().unwrap()] {
            let world = any.another().await;
            let (seq, _) = world.connection("Db").await;
            let (summary, failures) = world.import(seq, &bytes);
            assert_eq!((summary.inserted, failures), (2, Vec::new()));
            let users: Vec<User> =
                world.rows("SELECT email, username, blocked, user_metadata FROM users ORDER BY seq").await;
            seen.push(users);
        }
    }
    let text = |text: &str| Some(text.to_owned());
    let expected = [(text("a@b.example"), None, false, text(r#"{"x":1.50}"#)), (None, text("bob"), true, None)];
    assert_eq!(seen[0], expected);
    assert!(seen.iter().all(|users| users == &seen[0]), "{seen:?}");
}

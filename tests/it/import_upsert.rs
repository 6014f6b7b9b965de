//! Imports that change users who are there already.

use muster::{domain::user::Attribute, server::store::user_writer::Mode};
use serde_json::{Value, json};

use crate::{
    databases::{on_every_database, on_sqlite},
    import_support::generated,
    search::found,
    support::{NOW, World},
};

on_every_database! {
    a_user_with_the_same_email_is_changed_where_the_file_says_so,
    duplicates_of_an_upsert_are_those_of_the_file_and_of_other_identifiers,
    a_dry_run_changes_nothing,
}

// Its write-ahead log tells that nothing was written, so nobody had to wait.
on_sqlite! {
    a_dry_run_keeps_nobody_from_writing,
}

const ANN: &str = r#"{"email": "ann@a.example", "username": "ann", "user_id": "1", "name": "Ann Old", "nickname": "a",
    "given_name": "Ann", "family_name": "Old", "picture": "https://a.example/1.png", "email_verified": true, "blocked": true,
    "phone_number": "+1", "user_metadata": {"a": 1, "b": 2}, "app_metadata": {"c": 3}, "created_at": "2020-01-01T00:00:00Z",
    "updated_at": "2020-01-01T00:00:00Z", "logins_count": 7}"#;

/// The user's attributes as JSON.
async fn user(world: &World, email: &str) -> Value {
    let user_id: String = world.value(&format!("SELECT user_id FROM users WHERE email = '{email}'")).await;
    let attributes = Attribute::ALL.into_iter().filter(|attribute| *attribute != Attribute::Identities).collect();
    let details = world.store.user_details(user_id, attributes).await.unwrap().unwrap();
    serde_json::from_str(&details.json).unwrap()
}

async fn changes(world: &World) -> i64 {
    world.value("SELECT users_changes FROM connections").await
}

async fn a_user_with_the_same_email_is_changed_where_the_file_says_so(world: World) {
    let (seq, _) = world.connection("Db").await;
    world.import(seq, ANN.replace('\n', "").as_bytes());
    let before = user(&world, "ann@a.example").await;
    assert_eq!(found(&world.store, "old", None).await.len(), 1);
    assert_eq!(changes(&world).await, 0);

    // What is not in the file, or null, stays.
    let file = r#"[{"email": "Ann@A.example", "name": null}]"#;
    let (summary, _) = world.import_as(seq, Mode::Upsert, file.as_bytes());
    assert_eq!((summary.inserted, summary.updated, summary.failed), (0, 1, 0));
    let mut expected = before;
    expected["updated_at"] = NOW.to_string().into();
    assert_eq!(user(&world, "ann@a.example").await, expected);
    assert_eq!(changes(&world).await, 1, "exports have to know");

    // Metadata is replaced whole; identifiers, secrets and what only the server knows are not the file's to change.
    let file = r#"[{"email": "ann@a.example", "user_id": "9", "username": "other", "phone_number": "+9", "name": "Ann New",
        "nickname": "n", "given_name": "A.", "family_name": "New", "picture": "https://a.example/2.png", "email_verified": false,
        "blocked": false, "user_metadata": {"b": 3}, "app_metadata": {}, "password_hash": "$2b$10$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        {"email": "bob@a.example", "name": "Bob"}]"#;
    let (summary, failures) = world.import_as(seq, Mode::Upsert, file.as_bytes());
    assert_eq!((summary.inserted, summary.updated, summary.failed), (1, 1, 0), "{failures:?}");
    for (name, value) in [
        ("name", "Ann New".into()),
        ("nickname", "n".into()),
        ("given_name", "A.".into()),
        ("family_name", "New".into()),
        ("picture", "https://a.example/2.png".into()),
        ("email_verified", false.into()),
        ("blocked", false.into()),
        ("user_metadata", json!({"b": 3})),
        ("app_metadata", json!({})),
    ] as [(&str, Value); 9]
    {
        expected[name] = value;
    }
    assert_eq!(user(&world, "ann@a.example").await, expected);
    assert_eq!(world.count("user_secrets").await, 0);
    // The search knows the new name, and no longer the old one.
    assert_eq!(found(&world.store, "old", None).await.len(), 0);
    assert_eq!(found(&world.store, "new", None).await.len(), 1);
    assert_eq!(found(&world.store, "ann@a.example", None).await.len(), 1);
    assert_eq!(found(&world.store, "bob", None).await.len(), 1);
    assert_eq!(world.store.count_users(Some(seq)).await.unwrap(), 2);
}

async fn duplicates_of_an_upsert_are_those_of_the_file_and_of_other_identifiers(world: World) {
    let (seq, _) = world.connection("Db").await;
    let (other, _) = world.connection("Other").await;
    world.import(seq, ANN.replace('\n', "").as_bytes());
    let file = [
        r#"{"email": "new@a.example", "username": "new"}"#,
        // Twice in the file, whether the first one was added or changed.
        r#"{"email": "NEW@a.example"}"#,
        r#"{"email": "ann@a.example", "nickname": "x"}"#,
        r#"{"email": "ann@a.example", "nickname": "y"}"#,
        // Another identifier, without the e-mail address of the same user.
        r#"{"username": "ann"}"#,
        r#"{"email": "free@a.example", "phone_number": "+1", "username": "ann", "user_id": "1"}"#,
        // What failed is not there, so this is no duplicate.
        r#"{"email": "free@a.example"}"#,
        r#"{"email": 1}"#,
    ]
    .join("\n");
    let paths = |mode| {
        let (summary, failures) = world.import_as(seq, mode, file.as_bytes());
        let failures: Vec<_> = failures
            .iter()
            .map(|user| {
                let errors = user.errors.iter().map(|error| format!("{} {}", error.code.name(), error.path));
                (user.line, errors.collect::<Vec<_>>().join(", "))
            })
            .collect();
        (summary, failures)
    };
    let expected = [
        (2, "DUPLICATED_USER email"),
        (4, "DUPLICATED_USER email"),
        (5, "DUPLICATED_USER username"),
        (6, "DUPLICATED_USER username, DUPLICATED_USER phone_number, DUPLICATED_USER user_id"),
        (8, "INVALID_TYPE email"),
    ];
    // The dry run first, for it must leave no trace.
    for mode in [Mode::DryRun { upsert: true }, Mode::Upsert] {
        let (summary, failures) = paths(mode);
        assert_eq!((summary.inserted, summary.updated, summary.failed), (2, 1, 5), "{mode:?}");
        let failures: Vec<_> = failures.iter().map(|(line, errors)| (*line, errors.as_str())).collect();
        assert_eq!(failures, expected, "{mode:?}");
    }
    assert_eq!(user(&world, "ann@a.example").await["nickname"], "x");
    // The same file again changes them all, for it is another import.
    assert_eq!(paths(Mode::Upsert).0.updated, 3);
    // E-mail addresses are each connection's own, ids are not.
    let (summary, _) = world.import_as(
        other,
        Mode::Upsert,
        br#"[{"email": "ann@a.example"}, {"email": "x@a.example", "user_id": "1"}]"#,
    );
    assert_eq!((summary.inserted, summary.updated, summary.failed), (1, 0, 1));
}

/// Dry runs, with and without upsert, of many users who are not there and of one who is.
fn dry_runs(world: &World, seq: i64) {
    let mut users = generated(12_345, 1);
    users.extend_from_slice(ANN.replace('\n', "").as_bytes());
    for upsert in [false, true] {
        let (summary, _) = world.import_as(seq, Mode::DryRun { upsert }, &users);
        let (updated, failed) = if upsert { (1, 0) } else { (0, 1) };
        assert_eq!((summary.inserted, summary.updated, summary.failed), (12_345, updated, failed));
    }
}

async fn a_dry_run_changes_nothing(world: World) {
    let (seq, _) = world.connection("Db").await;
    world.import(seq, ANN.replace('\n', "").as_bytes());
    let before = user(&world, "ann@a.example").await;
    dry_runs(&world, seq);
    assert_eq!(world.store.count_users(Some(seq)).await.unwrap(), 1);
    assert_eq!((world.count("users").await, changes(&world).await), (1, 0));
    assert_eq!(user(&world, "ann@a.example").await, before);
}

async fn a_dry_run_keeps_nobody_from_writing(world: World) {
    let (seq, _) = world.connection("Db").await;
    world.import(seq, ANN.replace('\n', "").as_bytes());
    let log = || std::fs::read(world.settings.data_dir.join("muster.db-wal")).unwrap().len();
    let before = log();
    dry_runs(&world, seq);
    assert_eq!(log(), before, "nothing was written into the database");
}

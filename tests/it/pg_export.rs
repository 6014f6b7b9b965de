//! Exports from PostgreSQL: the same bytes as from SQLite, of one instant.

use muster::{
    domain::user::Attribute,
    server::{
        export::{
            Compression, ExportError,
            source::{Column, Extent, Reader, Row, Snapshot, UserSource, Visitor},
        },
        random,
        store::{KeySource, PostgresOptions, Store, user_writer::Mode},
    },
};

use crate::{
    import_support::generated,
    pg_world::{export, exported, number, psql, scope, world},
    support::{World, eventually, request},
};

/// Users of two connections, one after the other and mixed.
async fn fill(world: &World) -> i64 {
    let (first, _) = world.connection("First").await;
    let (second, _) = world.connection("Second").await;
    for (connection, users, seed) in [(first, 5_000, 1), (second, 300, 2), (first, 10, 3)] {
        world.import_as(connection, Mode::Insert, &generated(users, seed));
    }
    second
}

#[tokio::test]
async fn files_have_the_same_bytes_as_those_from_sqlite() {
    let (other, _) = world().await;
    let world = World::new().await;
    let second = fill(&world).await;
    assert_eq!(fill(&other).await, second);
    let all = Attribute::ALL.map(|attribute| (attribute.name(), ""));
    let flat: Vec<_> = all.into_iter().filter(|(name, _)| !name.ends_with("metadata")).collect();
    let paths = [("user_metadata.address.city", ""), ("identities[0].connection", ""), ("identities[0].user_id", "")];
    let requests = [request("csv", &[]), request("csv", &flat), request("csv", &paths), request("json", &all)];
    for request in &requests {
        for (connection, q, limit) in [
            (None, None, 0),
            (Some(second), None, 0),
            (None, None, 4_321),
            (Some(second), None, 7),
            (None, Some("email:*@example.com AND logins_count:>5"), 0),
            (None, Some("NOT _exists_:user_metadata.address OR blocked:true"), 1_000),
            (Some(second), Some("a* NOT email_verified:true"), 0),
            (None, Some("name:\"nobody has this name\""), 0),
        ] {
            for (compression, threads) in [(Compression::Gzip, 3), (Compression::None, 1)] {
                let export = export(scope(connection, q, limit), request, compression, threads);
                let (expected, bytes) = (exported(&world, &export), exported(&other, &export));
                assert!(bytes == expected, "{connection:?} {q:?} {limit} {compression:?}");
            }
        }
    }
}

/// Takes what comes, or fails at the first user.
struct Visit {
    fails: bool,
}

impl Visitor for Visit {
    fn visit(&mut self, _: &impl Row) -> Result<(), ExportError> {
        if self.fails { Err(ExportError::Stopped) } else { Ok(()) }
    }
}

const COLUMNS: [Column; 1] = [Column::Attribute(Attribute::UserId)];

#[tokio::test]
async fn who_ends_in_the_middle_of_a_part_leaves_nothing_behind_that_others_could_meet() {
    let (world, _) = world().await;
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 5_000, 1);
    let snapshot = world.store.user_source().snapshot(&scope(None, None, 0), &COLUMNS, 3, None).unwrap();
    let mut readers = snapshot.into_readers();
    assert!(matches!(readers[0].scan(0, &mut Visit { fails: true }), Err(ExportError::Stopped)));
    assert!(readers[0].scan(0, &mut Visit { fails: false }).is_err());
    drop(readers);
    assert_eq!(world.store.users_page(None, None).await.unwrap().total, 5_000);
}

#[tokio::test]
async fn an_export_makes_do_with_the_connections_that_it_gets() {
    let (mut world, url) = world().await;
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 9_000, 1);
    let export = export(scope(None, None, 0), &request("csv", &[]), Compression::Gzip, 4);
    let expected = exported(&world, &export);

    // One connection of the pool, and two more.
    let database = world.postgres.as_ref().unwrap();
    let role = format!("role_{}", random::user_id_suffix());
    let create = format!("CREATE ROLE {role} LOGIN PASSWORD 'secret' IN ROLE postgres CONNECTION LIMIT 3");
    database.execute(&create).await;
    let options =
        PostgresOptions { url: database.url_of(&format!("{role}:secret")), pool_size: 1, ..database.options() };
    let key = KeySource::MadeIn(world.settings.data_dir.join("secrets.key"));
    world.store = Store::connect(&options, &world.settings.data_dir, &key).await.unwrap();
    let mut others = psql(&url).await;
    let mut closed = async || {
        let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE 'role_%'";
        eventually(async || (number(&mut others, open).await == 1).then_some(())).await;
    };
    closed().await;
    let source = world.store.user_source();
    let readers = source.snapshot(&scope(None, None, 0), &COLUMNS, 4, None).unwrap().into_readers();
    assert_eq!(readers.len(), 2);
    drop(readers);
    closed().await;
    assert!(exported(&world, &export) == expected);

    // None at all is a failure.
    closed().await;
    world.postgres.as_ref().unwrap().execute(&format!("ALTER ROLE {role} CONNECTION LIMIT 1")).await;
    assert!(source.snapshot(&scope(None, None, 0), &COLUMNS, 4, None).is_err());
    world.store.close().await;
    world.postgres.as_ref().unwrap().execute(&format!("DROP ROLE {role}")).await;
}

#[tokio::test]
async fn an_interrupted_export_finds_the_very_same_users_or_knows_that_they_are_not() {
    let (world, url) = world().await;
    let (seq, _) = world.connection("Db").await;
    let (other, _) = world.connection("Other").await;
    world.generate(seq, 100, 1);
    world.generate(other, 10, 2);
    let mut database = psql(&url).await;
    let extent = |earlier: Option<&Extent>, connection| {
        let scope = scope(connection, None, 0);
        world.store.user_source().snapshot(&scope, &COLUMNS, 1, earlier).unwrap().extent().clone()
    };
    let begun = extent(None, None);
    assert_eq!((begun.rows, begun.last - begun.first), (110, 109));
    // Users who come later are behind the extent.
    world.import(seq, b"{\"username\": \"late\"}");
    assert_eq!(extent(Some(&begun), None), begun);
    assert_eq!(extent(None, None).rows, 111);
    // A transaction that took a key before, and is committed later.
    sqlx::query("DELETE FROM users WHERE username = 'late'").execute(&mut database).await.unwrap();
    let begun = extent(None, None);
    let mut late = psql(&url).await;
    sqlx::raw_sql("BEGIN").execute(&mut late).await.unwrap();
    let copy = "INSERT INTO users SELECT nextval('users_seq_seq'), connection_seq, 'x', NULL, FALSE, 'x', NULL, FALSE, NULL, NULL, NULL,
        NULL, NULL, FALSE, 0, 0 FROM users LIMIT 1";
    sqlx::query(copy).execute(&mut late).await.unwrap();
    world.import(seq, b"{\"username\": \"after\"}");
    let begun_after = extent(None, None);
    assert_eq!(begun_after.rows, begun.rows + 1);
    sqlx::raw_sql("COMMIT").execute(&mut late).await.unwrap();
    let now = extent(Some(&begun_after), None);
    assert_eq!((now.rows, now != begun_after), (begun.rows + 2, true));
    // Changes and deletions are counted for their connection, once for each statement.
    let changes = "SELECT users_changes FROM connections WHERE name = 'Db'";
    let before = number(&mut database, changes).await;
    let of_other = extent(None, Some(other));
    let of_seq = extent(None, Some(seq));
    sqlx::query("UPDATE users SET nickname = 'n' WHERE connection_seq = $1")
        .bind(seq)
        .execute(&mut database)
        .await
        .unwrap();
    assert_eq!(number(&mut database, changes).await, before + 1);
    assert_eq!(extent(Some(&of_other), Some(other)), of_other);
    assert_ne!(extent(Some(&of_seq), Some(seq)), of_seq);
    assert_ne!(extent(Some(&now), None), now);
    let counted = number(&mut database, "SELECT users FROM connections WHERE name = 'Other'").await;
    sqlx::query("DELETE FROM users WHERE connection_seq = $1 AND seq % 2 = 0")
        .bind(other)
        .execute(&mut database)
        .await
        .unwrap();
    assert_eq!(number(&mut database, "SELECT users FROM connections WHERE name = 'Other'").await, counted - 5);
    assert_ne!(extent(Some(&of_other), Some(other)), of_other);
    let orphans = "SELECT count(*) FROM user_search WHERE user_seq NOT IN (SELECT seq FROM users)";
    assert_eq!(number(&mut database, orphans).await, 0);
    assert_eq!(extent(None, Some(other)).rows, 5);
    // Nobody at all.
    sqlx::query("DELETE FROM users").execute(&mut database).await.unwrap();
    assert_eq!((extent(None, None).rows, extent(None, None).parts()), (0, 1));
    let empty = export(scope(None, None, 0), &request("json", &[]), Compression::None, 2);
    assert!(exported(&world, &empty).is_empty());
}

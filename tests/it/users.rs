//! Paging and counting users, their pages and the pages of one, on a real database and a real server.

use muster::{
    domain::{
        user::{Matches, UsersCursor, UsersPage},
        users_query::UsersQuery,
    },
    server::{
        import::{Rules, UserSink},
        store::{Store, user_writer::Mode},
    },
};

use crate::{
    databases::{on_every_database, on_sqlite},
    search::{USERS, found, search},
    support::{Client, NOW, World},
};

on_every_database! {
    walking_all_pages_meets_every_user_once_while_others_are_imported,
    totals_are_exact,
    searching_over_http,
    a_new_tenant_is_told_how_to_begin,
    a_user_has_a_page,
    raw_json_is_what_an_export_of_all_fields_writes,
}

// Of a schema that PostgreSQL never had: its first one has the words of the search.
on_sqlite! {
    users_of_before_are_counted_and_found,
}

/// Walks to the end and back and gives the ids of each way.
async fn there_and_back(page: impl AsyncFn(Option<UsersCursor>) -> UsersPage) -> (Vec<String>, Vec<String>) {
    let ids = |page: &UsersPage| page.users.iter().map(|user| user.user_id.clone()).collect::<Vec<_>>();
    let mut here = page(None).await;
    assert_eq!(here.newer, None, "nothing is newer than the first page");
    let mut there = ids(&here);
    while let Some(older) = here.older {
        here = page(Some(older)).await;
        there.extend(ids(&here));
    }
    let mut back = ids(&here);
    while let Some(newer) = here.newer {
        here = page(Some(newer)).await;
        back.splice(0..0, ids(&here));
    }
    (there, back)
}

async fn walking_all_pages_meets_every_user_once_while_others_are_imported(world: World) {
    let (seq, _) = world.connection("Db").await;
    let lines = |from: usize| {
        (from..from + 230)
            .map(|n| format!("{{\"username\": \"ann{n}\", \"user_id\": \"{n:04}\"}}\n"))
            .collect::<String>()
    };
    world.import(seq, lines(0).as_bytes());
    let before: Vec<_> = (0..230).rev().map(|n| format!("auth0|{n:04}")).collect();
    let next = std::sync::atomic::AtomicUsize::new(230);
    let store = &world.store;
    let ann = search("ann");
    for (connection, searching) in [(None, false), (Some(seq), false), (None, true), (Some(seq), true)] {
        let (there, back) = there_and_back(async |cursor| {
            let page = match searching {
                true => store.found_page(&ann, connection, cursor).await,
                false => store.users_page(connection, cursor).await,
            };
            // Users come while someone turns the pages: they are newer than all.
            if cursor.is_some() {
                let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let line = format!("{{\"username\": \"ann{n}\", \"user_id\": \"{n:04}\"}}\n");
                assert_eq!(world.import(seq, line.as_bytes()).0.inserted, 1);
            }
            page.unwrap()
        })
        .await;
        assert!(there.ends_with(&before) && there.is_sorted_by(|a, b| a > b), "{connection:?} {searching}");
        assert!(back.ends_with(&there) && back.is_sorted_by(|a, b| a > b), "{connection:?} {searching}");
    }
}

async fn totals_are_exact(world: World) {
    let (first, _) = world.connection("First").await;
    let (second, _) = world.connection("Second").await;
    let expect = async |one: u64, two: u64| {
        let store = &world.store;
        assert_eq!(store.count_users(Some(first)).await.unwrap(), one);
        assert_eq!(store.count_users(Some(second)).await.unwrap(), two);
        assert_eq!(store.users_page(None, None).await.unwrap().total, one + two);
        assert_eq!(store.users_page(Some(first), None).await.unwrap().total, one);
        assert_eq!(world.count("users").await, one + two);
    };
    expect(0, 0).await;
    // More than one transaction.
    world.generate(first, 12_345, 1);
    expect(12_345, 0).await;
    world.import(second, USERS.as_bytes());
    expect(12_345, 7).await;
    // Nobody of these is added: all are there, or break a rule.
    let (summary, _) = world.import(second, format!("{USERS}\n{{\"email\": \"no\"}}\n[]\n").as_bytes());
    assert_eq!((summary.inserted, summary.failed), (0, 9));
    expect(12_345, 7).await;
    // An import that dies takes what it had not made durable with it.
    let validated = Rules { restore: false, now: NOW }.validate(br#"{"username": "gone"}"#).unwrap();
    let mut writer = world.writer(second, Mode::Insert);
    writer.apply(&[&validated.user.into()]).unwrap();
    drop(writer);
    expect(12_345, 7).await;
    assert_eq!(found(&world.store, "gone", None).await, [""; 0]);
    // Users are deleted by hand.
    world.execute("DELETE FROM users WHERE username = 'taro'").await;
    expect(12_345, 6).await;
    assert_eq!(found(&world.store, "taro", None).await, [""; 0]);
}

async fn users_of_before_are_counted_and_found(world: World) {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 25_000, 1);
    world.import(seq, USERS.as_bytes());
    let names = found(&world.store, "ann", None).await;
    world.store.close().await;
    // The file as the version before this one left it.
    world
        .sqlite()
        .execute_batch(
            "DROP TRIGGER users_deleted; DROP TABLE user_search; ALTER TABLE connections DROP COLUMN users;
             DELETE FROM _sqlx_migrations WHERE version = 5;",
        )
        .unwrap();
    let store = Store::open(&world.settings.data_dir).await.unwrap();
    assert_eq!(store.count_users(Some(seq)).await.unwrap(), 25_007);
    assert_eq!(found(&store, "ann", Some(seq)).await, names);
    assert!(!names.is_empty());
    store.close().await;
    // A start that was interrupted: the next one goes on.
    world.sqlite().execute("DELETE FROM user_search WHERE rowid > 10000", []).unwrap();
    let store = Store::open(&world.settings.data_dir).await.unwrap();
    assert_eq!(found(&store, "ann", None).await, names);
    assert_eq!(found(&store, "müller jörg", None).await[0], "auth0|2", "the newest of that name");
}

async fn list(client: &Client, query: &UsersQuery) -> reqwest::Response {
    let form = [("query[q]", query.q.as_str()), ("query[connection]", &query.connection), ("query[page]", &query.page)];
    client.rpc("list_users", &form).await
}

async fn searching_over_http(world: World) {
    let (seq, id) = world.connection("Db").await;
    world.import(seq, USERS.as_bytes());
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    let query = |q: &str| UsersQuery { q: q.to_owned(), ..UsersQuery::default() };
    let response = list(&viewer, &UsersQuery { connection: id.to_string(), ..query("lee") }).await;
    let page: UsersPage = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!((page.users.len(), page.total), (1, 7));
    let count = viewer.rpc("count_users", &[("query[q]", "auth0"), ("exact", "true")]).await;
    let count: Matches = serde_json::from_slice(&count.bytes().await.unwrap()).unwrap();
    assert_eq!(count, Matches { users: 7, exact: true });

    // The page that the server renders says the same.
    let text = async |url: String, status: u16| {
        let response = viewer.get(&url).send().await.unwrap();
        assert_eq!(response.status(), status, "{url}");
        response.text().await.unwrap()
    };
    let html = text(query("ann lee").to_url(), 200).await;
    assert!(html.contains("1 of 7 users matches"), "{html}");
    assert!(html.contains("href=\"/users/auth0%7C1?q=ann+lee\""), "{html}");
    assert!(text(query("nobody").to_url(), 200).await.contains("No user matches"));
    let (_, empty) = world.connection("Empty").await;
    let html = text(UsersQuery { connection: empty.to_string(), ..query("") }.to_url(), 200).await;
    assert!(html.contains("No users here") && html.contains("0 users"), "{html}");
    let html = text(query("").at(UsersCursor::OlderThan(1)).to_url(), 200).await;
    assert!(html.contains("No users on this page"), "{html}");
    for strange in ["%", "%41", "'", "a&b=c#d", "<b>", "a\0b", "\u{10ffff}"] {
        text(query(strange).to_url(), 200).await;
    }
    assert!(text(query("<b>").to_url(), 200).await.contains("value=\"&lt;b&gt;\""));
    assert!(text(query("\"ann").to_url(), 422).await.contains("at character"));
    assert!(text(query("name:ann*").to_url(), 200).await.contains("of 7 users match"));
    let html = text(query(&"x".repeat(10_240)).to_url(), 422).await;
    assert!(html.contains("at most 2000 characters; this has 10240") && html.contains("aria-invalid=\"true\""));
    assert_eq!(list(&viewer, &query(&"x".repeat(10_240))).await.status(), 422);
    text("/users?q=%ff".to_owned(), 200).await;
    text("/users?page=older-x".to_owned(), 404).await;
    text("/users?connection=con_0000000000000000".to_owned(), 404).await;
    server.running.stop().await;
}

async fn a_new_tenant_is_told_how_to_begin(world: World) {
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    let html = viewer.get("/users").send().await.unwrap().text().await.unwrap();
    assert!(html.contains("No users yet") && html.contains("Go to Import/Export Users"), "{html}");
    server.running.stop().await;
}

async fn a_user_has_a_page(world: World) {
    let (seq, _) = world.connection("Db").await;
    let ids = ["import-export", "a/../b?c#d", "%2F%41", "ä \\ 😀", "..", "with+plus&amp"];
    for (index, id) in ids.iter().enumerate() {
        let line = serde_json::json!({"user_id": id, "username": format!("u{index}"), "name": format!("User number {index}"),
            "password_hash": format!("$2b$10${}", "Q".repeat(53)), "blocked": true, "picture": "https://pictures.example/x.png",
            "user_metadata": {"n": 12_345_678_901_234_567_890_u64, "city": "Köln <b>"}});
        assert_eq!(world.import(seq, line.to_string().as_bytes()).0.inserted, 1, "{id}");
    }
    let server = world.serve().await;
    let (viewer, config) = (server.client("viewer").await, server.client("config").await);
    for (index, id) in ids.iter().enumerate() {
        let id = format!("auth0|{id}");
        let url = UsersQuery::default().user_url(&id);
        let response = viewer.get(&url).send().await.unwrap();
        assert_eq!(response.status(), 200, "{url}");
        let html = response.text().await.unwrap();
        assert!(html.contains(&format!("User number {index}</")), "{url}: {html}");
        assert!(html.contains("12345678901234567890") && html.contains("Köln &lt;b&gt;"), "{html}");
        assert!(!html.contains("$2b$10$") && !html.contains("<img"), "no secret, and no picture from elsewhere");
        assert_eq!(config.get(&url).send().await.unwrap().status(), 403);

        let answer = viewer.rpc("get_user", &[("user_id", &id)]).await.text().await.unwrap();
        assert!(answer.contains("\\\"blocked\\\":true") && !answer.contains("QQQ"), "{answer}");
        assert_eq!(config.rpc("get_user", &[("user_id", &id)]).await.status(), 403);
    }
    assert_eq!(config.rpc("count_users", &[("exact", "true")]).await.status(), 403);
    // The fixed pages beside the users' stay what they are.
    let html = viewer.get("/users/import-export").send().await.unwrap().text().await.unwrap();
    assert!(html.contains("Import/Export Users</h1>"));
    for gone in ["/users/auth0%7Cnobody", "/users/nobody", "/users/%ff", "/users/a/b"] {
        assert_eq!(viewer.get(gone).send().await.unwrap().status(), 404, "{gone}");
    }
    let html = viewer.get("/users/nobody?q=ann").send().await.unwrap().text().await.unwrap();
    assert!(html.contains("There is no user with this ID") && html.contains("href=\"/users?q=ann\""), "{html}");
    server.running.stop().await;
}

async fn raw_json_is_what_an_export_of_all_fields_writes(world: World) {
    use muster::{
        domain::user::Attribute,
        server::export::{Compression, Control, Export, source::Scope},
        server::files::FileSink,
    };
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 50, 3);
    let names = Attribute::ALL.map(|attribute| (attribute.name(), ""));
    let request = crate::support::request("json", &names);
    let export = Export {
        scope: Scope { connection_seq: None, query: None, limit: None },
        format: request.format(),
        fields: request.fields().to_vec(),
        compression: Compression::None,
        threads: std::num::NonZeroUsize::MIN,
        gives_way: false,
    };
    let file = world.dir.path().join("all.json");
    export
        .run(
            &world.store.user_source(),
            FileSink::create(world.dir.path().join("all.partial"), file.clone()).unwrap(),
            &Control::default(),
        )
        .unwrap();
    let lines = std::fs::read_to_string(&file).unwrap();
    assert_eq!(lines.lines().count(), 50);
    for line in lines.lines() {
        let user: serde_json::Value = serde_json::from_str(line).unwrap();
        let user_id = user["user_id"].as_str().unwrap().to_owned();
        let details = world.store.user_details(user_id, Attribute::ALL.to_vec()).await.unwrap().unwrap();
        assert_eq!(details.json, line);
        assert_eq!(details.connection, "Db");
        let pretty = muster::domain::json_text::pretty(line);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&pretty).unwrap(), user);
    }
}

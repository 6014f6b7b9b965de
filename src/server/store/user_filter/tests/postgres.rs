//! The same filters against users in PostgreSQL.

use std::time::Duration;

use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{
    domain::{
        user_query::{
            UserQuery,
            testing::{nodes, print},
        },
        user_search::Words,
    },
    server::store::{KeySource, PostgresOptions, Store, user_vector::write_vector},
};

use super::{
    Dialect, Filter, jane, judge,
    server::Postgres,
    users::{CONNECTIONS, User, users},
};

/// A database with the schema of the store, and the connections.
async fn database(server: &Postgres) -> PgConnection {
    let (url, dir) = (server.database().await, tempfile::tempdir().unwrap());
    let options = PostgresOptions {
        url: url.clone(),
        pool_size: 2,
        acquire_timeout: Duration::from_secs(20),
        statement_timeout: Duration::from_secs(20),
        idle_timeout: Duration::from_secs(60),
        max_lifetime: Duration::from_secs(600),
    };
    let key = KeySource::MadeIn(dir.path().join("secrets.key"));
    Store::connect(&options, dir.path(), &key).await.unwrap().close().await;
    let mut database = PgConnection::connect(&url).await.unwrap();
    for (seq, (name, strategy)) in (1_i64..).zip(CONNECTIONS) {
        let insert = "INSERT INTO connections (seq, id, name, strategy, created_at) VALUES ($1, $2, $3, $4, 0)";
        let query = sqlx::query(insert).bind(seq).bind(seq.to_string()).bind(name).bind(strategy);
        query.execute(&mut database).await.unwrap();
    }
    database
}

/// Adds a user with the key `seq`.
async fn add(database: &mut PgConnection, seq: i64, user: &User) {
    let json = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string);
    let insert = "INSERT INTO users (seq, connection_seq, user_id, email, username, phone_number, name, given_name, \
         family_name, nickname, picture, last_ip, email_verified, phone_verified, blocked, created_at, updated_at, \
         last_login, last_password_reset, multifactor_last_modified, logins_count, multifactor, identities, \
         user_metadata, app_metadata) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
         $17, $18, $19, $20, $21, $22, $23, $24, $25)";
    let mut query = sqlx::query(insert).bind(seq).bind(user.connection_seq()).bind(&user.user_id);
    for text in [&user.email, &user.username, &user.phone_number, &user.name].into_iter().chain(&user.texts) {
        query = query.bind(text);
    }
    query = user.flags.iter().fold(query, |query, flag| query.bind(flag));
    query = user.dates.iter().fold(query, |query, date| query.bind(date)).bind(user.logins_count);
    for document in [&user.multifactor, &user.identities, &user.user_metadata, &user.app_metadata] {
        query = query.bind(json(document));
    }
    query.execute(&mut *database).await.unwrap();
    let mut vector = Vec::new();
    write_vector(user.connection_seq(), &Words::of(user.searched()), &mut vector);
    let mut row = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x08".to_vec();
    row.extend_from_slice(&seq.to_be_bytes());
    row.extend_from_slice(&(vector.len() as i32).to_be_bytes());
    row.extend_from_slice(&vector);
    row.extend_from_slice(&[0xff, 0xff]);
    let mut copy = database.copy_in_raw("COPY user_search FROM STDIN (FORMAT binary)").await.unwrap();
    copy.send(row).await.unwrap();
    copy.finish().await.unwrap();
}

/// The keys of users for whom `sql` is true.
async fn found(database: &mut PgConnection, sql: &str, filter: &Filter) -> Vec<i64> {
    let sql = format!("SELECT seq FROM users WHERE {sql} ORDER BY seq");
    let query = sqlx::query_scalar_with(AssertSqlSafe(sql.clone()), filter.arguments().unwrap()).persistent(false);
    query.fetch_all(database).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn filter(text: &str) -> Filter {
    let query = UserQuery::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    Filter::new(&query, Dialect::Postgres, 1)
}

#[test]
fn postgresql_finds_what_the_query_means() {
    let server = Postgres::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut database = runtime.block_on(database(&server));
    let cell = std::cell::RefCell::new(&mut database);
    let mut runner = TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
    let run = |(users, queries): (Vec<User>, Vec<_>)| {
        let mut borrowed = cell.borrow_mut();
        let database = &mut **borrowed;
        runtime.block_on(async {
            sqlx::query("DELETE FROM users").execute(&mut *database).await.unwrap();
            for (seq, user) in (1..).zip(&users) {
                add(database, seq, user).await;
            }
            for node in queries {
                let text = print(&node);
                let Ok(query) = UserQuery::parse(&text) else { continue };
                let filter = Filter::new(&query, Dialect::Postgres, 1);
                let expected: Vec<i64> =
                    (1..).zip(&users).filter(|(_, user)| judge::finds(&node, user)).map(|(seq, _)| seq).collect();
                let answer = found(database, &filter.sql, &filter).await;
                proptest::prop_assert_eq!(&answer, &expected, "{}\n{:#?}", text, filter);
                // Never NULL: whoever is not found is found by the opposite.
                let others = found(database, &format!("NOT {}", filter.sql), &filter).await;
                proptest::prop_assert_eq!(answer.len() + others.len(), users.len(), "{}\n{:#?}", text, filter);
            }
            Ok(())
        })
    };
    runner.run(&(users(), vec(nodes(), 12)), run).unwrap();
}

#[tokio::test]
async fn queries_about_jane() {
    let server = Postgres::start();
    let mut database = database(&server).await;
    let mut user = jane();
    if let Some(metadata) = &mut user.user_metadata {
        metadata["nul"] = json!("a\0b");
        metadata["slashes"] = json!("\\u0000");
        metadata["long"] = json!("a".repeat(100_000));
    }
    add(&mut database, 1, &user).await;
    for text in super::YES.into_iter().chain([
        "user_metadata.nul:a*b NOT user_metadata.nul:ab user_metadata.plan:gold",
        "user_metadata.slashes:\"\\\\u0000\"",
        "NOT user_metadata.long:*aaaa*aaaa*aaaa*aaaa*aaab",
        "NOT user_metadata.long:*a*aa*aaaa*aaaaaaaa*aaaaaaaaaaaaaaab",
    ]) {
        let filter = filter(text);
        assert_eq!(found(&mut database, &filter.sql, &filter).await, [1], "{text}: {filter:?}");
    }
    // A number that PostgreSQL can't hold is nobody's.
    let small = "UPDATE users SET user_metadata = '{\"plan\": \"gold\", \"small\": 1e-20000}'";
    sqlx::query(small).execute(&mut database).await.unwrap();
    for text in ["user_metadata.plan:gold", "user_metadata.small:<1"] {
        let filter = filter(text);
        assert_eq!(found(&mut database, &filter.sql, &filter).await, [0_i64; 0], "{text}");
    }
    // The largest queries.
    let many = |clause: &str, times: usize| [clause].repeat(times).join(" ");
    for text in [
        many("jane", 99) + " blocked:false",
        many("identities.user_id:5f7C", 80),
        format!("NOT name:({})", ["x"].repeat(100).join(" OR ")),
        format!("NOT name:\"{}\"", many("x", 900)),
        format!("NOT user_metadata.{}a:x", "a.".repeat(900)),
        format!("{}name:x{}", "NOT (name:y OR ".repeat(19), ")".repeat(19)),
    ] {
        let filter = filter(&text);
        assert_eq!(found(&mut database, &filter.sql, &filter).await, [1], "{text}");
    }
}

#[tokio::test]
async fn what_is_typed_is_a_parameter() {
    let server = Postgres::start();
    let mut database = database(&server).await;
    add(&mut database, 1, &jane()).await;
    for attack in [
        "' OR 1=1 --",
        "'; DROP TABLE users; --",
        "$1",
        ") OR (1=1",
        "%",
        "_",
        "x\\",
        "' | 'jane",
        "$.a\"') OR 1=1 --",
        ":*",
    ] {
        let quoted = format!("\"{}\"", attack.replace('\\', "\\\\").replace('"', "\\\""));
        let escaped: String = attack.chars().flat_map(|char| ['\\', char]).collect();
        for field in super::FIELDS {
            for value in [&quoted, &format!("{escaped}*"), &format!("*{escaped}")] {
                let text = field.replace("VALUE", if field.starts_with("_exists_") { &escaped } else { value });
                // Not every place takes each of them.
                let Ok(query) = UserQuery::parse(&text) else { continue };
                let filter = Filter::new(&query, Dialect::Postgres, 1);
                assert_eq!(found(&mut database, &filter.sql, &filter).await, [0_i64; 0], "{text}");
                assert!(attack.len() <= 2 || !filter.sql.contains(attack), "{text}: {}", filter.sql);
            }
        }
    }
    let everyone = filter("");
    assert_eq!(found(&mut database, "TRUE", &everyone).await, [1]);
}

//! Filters against users in SQLite, and against what the queries mean without it.

use proptest::{collection::vec, prelude::*};
use rusqlite::{Connection, params_from_iter};
use serde_json::json;

use crate::domain::user_query::{
    UserQuery,
    testing::{nodes, print},
};

use super::{Dialect, Filter, Parameter};

mod judge;
mod postgres;
mod server;
mod users;

use users::{User, add, database, users};

fn filter(text: &str) -> Filter {
    let query = UserQuery::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    Filter::new(&query, Dialect::Sqlite, 1)
}

/// The keys of users for whom `sql` is true.
fn found(database: &Connection, sql: &str, parameters: &[Parameter]) -> Vec<i64> {
    let sql = format!("SELECT seq FROM users WHERE {sql} ORDER BY seq");
    let mut statement = database.prepare(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let rows = statement.query_map(params_from_iter(parameters), |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn jane() -> User {
    User {
        connection: 0,
        user_id: "auth0|5f7C".to_owned(),
        email: Some("jane.smith@example.com".to_owned()),
        username: Some("janes".to_owned()),
        phone_number: Some("+49151234".to_owned()),
        name: Some("Jane Smith-Lee".to_owned()),
        texts: [Some("Jane".to_owned()), None, None, Some("https://example.com/100%_a?b=[c]".to_owned()), None],
        flags: [true, false, false],
        // The first second of 2018, and the last millisecond of it.
        dates: [Some(1_514_764_800_000), Some(1_546_300_799_999), None, None, None],
        logins_count: Some(5),
        multifactor: Some(json!(["OTP", "sms"])),
        identities: None,
        user_metadata: Some(json!({
            "plan": "gold", "age": 42, "score": 2.5, "ok": true, "zip": "042", "none": null, "empty": [],
            "tags": ["a", "B", 7, ["deep"], { "x": "in" }],
            "address": { "city": "Köln", "a.b c": "dotted", "q\"\\": "quoted" },
        })),
        app_metadata: None,
    }
}

/// What is true of Jane.
const YES: [&str; 44] = [
    "",
    "jane",
    "smi 4915",
    "+49 (151) 234",
    "\"lee jane\" AND jan* AND blocked:false",
    "name:\"jane smith-lee\"",
    "name:JANE*LEE",
    "name:*smith*",
    "name:*mit*",
    "name:(nobody OR jane*) -username:x",
    "email:JANE.Smith@example.com",
    "email:*@example.com",
    "username:Jan*",
    "phone_number:+49151234",
    "phone_number:\"+49151*\" OR phone_number:+49151*",
    "user_id:auth0|5f7C",
    "user_id:auth0|5f*",
    "NOT user_id:auth0\\?5f* NOT user_id:auth0\\*5f* NOT user_id:auth0\\[|\\]5f*",
    "given_name:jane",
    "NOT given_name:j_n* NOT given_name:j%e* NOT given_name:j\\*e* NOT given_name:J\\\\*",
    "picture:https*100%_a\\?b=\\[c\\]",
    "picture:\"https://example.com/100%_a?b=[c]\"",
    "_missing_:family_name AND NOT family_name:x AND NOT family_name:x* AND -nickname:(a b)",
    "email_verified:true phone_verified:false",
    "created_at:2018-01-01 updated_at:[2018-01-01 TO 2018-12-31]",
    "updated_at:<2019-01-01 updated_at:>=2018-12-31T23:59:59Z",
    "NOT updated_at:{2018-01-01 TO 2018-12-31}",
    "_missing_:last_login AND NOT last_login:>2000-01-01",
    "logins_count:[1 TO 5] logins_count:{4 TO *] logins_count:>=5",
    "multifactor:otp AND multifactor:SM*",
    "connection:main AND connection:m* AND NOT connection:Main",
    "identities.connection:main identities.provider:auth0 identities.user_id:5f7C identities.isSocial:false",
    "NOT identities.user_id:\"auth0|5f7C\"",
    "user_metadata.plan:gold user_metadata.plan:g*d NOT user_metadata.plan:GOLD",
    "user_metadata.age:42 user_metadata.age:42.0 user_metadata.age:[40 TO 42] NOT user_metadata.age:\"42\"",
    "user_metadata.score:{2 TO 2.5] NOT user_metadata.score:{2 TO 2.5}",
    "user_metadata.ok:true NOT user_metadata.ok:\"true\" NOT user_metadata.ok:1",
    "user_metadata.zip:042 NOT user_metadata.zip:42",
    "user_metadata.tags:(a B 7 NOT b NOT deep NOT in)",
    "user_metadata.address.city:Köln user_metadata.address.a\\.b\\ c:dotted user_metadata.address.q\\\"\\\\:quoted",
    "_exists_:(user_metadata.address AND user_metadata.tags) _missing_:(user_metadata.none AND user_metadata.empty)",
    "NOT user_metadata.address:Köln",
    "_exists_:user_metadata _missing_:app_metadata NOT app_metadata.a:1",
    "_exists_:identities _exists_:connection",
];

#[test]
fn queries_about_jane() {
    let database = database();
    add(&database, 1, &jane());
    for text in YES {
        let filter = filter(text);
        assert_eq!(found(&database, &filter.sql, &filter.parameters), [1], "{text}: {filter:?}");
    }
}

#[test]
fn what_is_typed_is_a_parameter() {
    let database = database();
    add(&database, 1, &jane());
    let attacks = [
        "' OR 1=1 --",
        "\" OR 1=1 --",
        "'; DROP TABLE users; --",
        "?1",
        "$1",
        ") OR (1=1",
        "%",
        "_",
        "x\\",
        "[!x]",
        "\" OR name : \"jane",
        "$.a\"') OR 1=1 --",
        "NEAR(a b)",
    ];
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let escaped = |text: &str| text.chars().flat_map(|char| ['\\', char]).collect::<String>();
    for attack in attacks {
        for field in
            ["name", "user_id", "nickname", "multifactor", "connection", "identities.user_id", "user_metadata.a"]
        {
            for text in [
                format!("{field}:{}", quoted(attack)),
                format!("{field}:{}*", escaped(attack)),
                format!("{field}:*{}*", escaped(attack)),
            ] {
                let filter = filter(&text);
                assert_eq!(found(&database, &filter.sql, &filter.parameters), [0_i64; 0], "{text}");
                // Shorter ones look like what is in every statement.
                assert!(attack.len() <= 2 || !filter.sql.contains(attack), "{text}: {}", filter.sql);
            }
        }
        let filter = filter(&format!("_exists_:user_metadata.{}", escaped(attack)));
        assert_eq!(found(&database, &filter.sql, &filter.parameters), [0_i64; 0], "{attack}");
    }
    assert_eq!(found(&database, "TRUE", &[]), [1]);
}

#[test]
fn placeholders_count_from_where_they_are_told_to() {
    let query = UserQuery::parse("logins_count:[1 TO 2] AND user_metadata.a:2.5 AND name:x").unwrap();
    let filter = Filter::new(&query, Dialect::default(), 5);
    assert_eq!(
        filter.sql,
        "((users.logins_count IS NOT NULL AND users.logins_count >= ?5 AND users.logins_count <= ?6) AND \
         (users.user_metadata IS NOT NULL AND json_type(users.user_metadata, ?7) IS NOT 'object' AND \
         EXISTS (SELECT 1 FROM json_each(users.user_metadata, ?7) AS entry WHERE \
         (entry.type = 'text' AND entry.atom = ?8 OR entry.type IN ('integer', 'real') AND entry.atom = ?9))) AND \
         (users.name IS NOT NULL AND users.name = ?10 COLLATE NOCASE))"
    );
    let text = |text: &str| Parameter::Text(text.to_owned());
    let numbers = [Parameter::Integer(1), Parameter::Integer(2)];
    assert_eq!(filter.parameters[..2], numbers);
    assert_eq!(filter.parameters[2..], [text("$.\"a\""), text("2.5"), Parameter::Real(2.5), text("x")]);
}

#[test]
fn what_has_an_index_uses_it() {
    let database = database();
    add(&database, 1, &jane());
    const BY_KEY: &str = "PRIMARY KEY (rowid=?)";
    for (text, step) in [
        ("user_id:\"auth0|1\"", "users_by_user_id (user_id=?"),
        ("email:\"a@b.c\"", "users_by_email (connection_seq=? AND email=?"),
        ("email:\"a@b.c\" blocked:false", "users_by_email (connection_seq=? AND email=?"),
        ("username:ann", "users_by_username (connection_seq=? AND username=?"),
        ("phone_number:+49", "users_by_phone_number (connection_seq=? AND phone_number=?"),
        ("connection:main", "users_by_connection (connection_seq=?"),
        ("name:\"jane smith\"", BY_KEY),
        ("name:jane*", BY_KEY),
        ("email:*@example.com", BY_KEY),
        ("user_id:auth0|5f*", BY_KEY),
        ("jane AND blocked:false", BY_KEY),
        ("ann smith NOT blocked:true", BY_KEY),
        ("email:\"a@b.c\" OR email:\"d@e.f\"", "MULTI-INDEX OR"),
        ("user_id:\"a\" OR name:\"jane smith\"", "MULTI-INDEX OR"),
    ] {
        let filter = Filter::new(&UserQuery::parse(text).unwrap(), Dialect::Sqlite, 3);
        let page = format!("SELECT * FROM users WHERE seq < ?1 AND {} ORDER BY seq DESC LIMIT ?2", filter.sql);
        let count = format!("SELECT count(*) FROM users WHERE {}", filter.sql);
        for select in [page, count] {
            let plan = plan(&database, &select, &filter);
            let of_users = |line: &&String| line.contains(" users ") || line.starts_with("MULTI");
            assert!(plan.iter().filter(of_users).any(|line| line.contains(step)), "{text}: {plan:#?}");
            // The users of a connection come in the order of the page.
            assert!(
                step.contains("users_by_connection") <= !plan.concat().contains("TEMP B-TREE"),
                "{text}: {plan:#?}"
            );
        }
    }
    // A word's end is in no index, and too few letters are not worth one.
    for text in ["name:*smith", "name:j*"] {
        assert!(!filter(text).sql.contains("user_search"), "{text}");
    }
}

#[test]
fn the_largest_queries_run() {
    let database = database();
    let mut user = jane();
    user.user_metadata = Some(json!({ "a": "a".repeat(100_000) }));
    add(&database, 1, &user);
    let many = |clause: &str, times: usize| vec![clause; times].join(" ");
    for text in [
        many("jane", 99) + " blocked:false",
        many("user_metadata.a:a*", 100),
        format!("user_metadata.a:({})", many("a*", 100)),
        many("identities.user_id:5f7C", 80),
        format!("NOT name:({})", vec!["x"; 100].join(" OR ")),
        format!("NOT name:\"{}\"", many("x", 900)),
        format!("NOT user_metadata.{}a:x", "a.".repeat(900)),
        "NOT user_metadata.a:*aaaa*aaaa*aaaa*aaaa*aaab".to_owned(),
        "NOT user_metadata.a:*a*aa*aaaa*aaaaaaaa*aaaaaaaaaaaaaaab".to_owned(),
        format!("{}name:x{}", "NOT (name:y OR ".repeat(19), ")".repeat(19)),
    ] {
        let filter = filter(&text);
        assert_eq!(found(&database, &filter.sql, &filter.parameters), [1], "{text}");
    }
}

fn plan(database: &Connection, select: &str, filter: &Filter) -> Vec<String> {
    let mut query = database.prepare(&format!("EXPLAIN QUERY PLAN {select}")).unwrap();
    let mut parameters = vec![Parameter::Integer(1), Parameter::Integer(50)];
    parameters.extend(filter.parameters.iter().cloned());
    let rows = query.query_map(params_from_iter(parameters), |row| row.get(3)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn sqlite_finds_what_the_query_means(users in users(), queries in vec(nodes(), 12)) {
        let database = database();
        for (seq, user) in (1..).zip(&users) {
            add(&database, seq, user);
        }
        for node in queries {
            let text = print(&node);
            let Ok(query) = UserQuery::parse(&text) else { continue };
            let filter = Filter::new(&query, Dialect::Sqlite, 1);
            let expected: Vec<i64> =
                (1..).zip(&users).filter(|(_, user)| judge::finds(&node, user)).map(|(seq, _)| seq).collect();
            let answer = found(&database, &filter.sql, &filter.parameters);
            prop_assert_eq!(&answer, &expected, "{}\n{:#?}", text, filter);
            // Never NULL: whoever is not found is found by the opposite.
            let others = found(&database, &format!("NOT {}", filter.sql), &filter.parameters);
            prop_assert_eq!(answer.len() + others.len(), users.len(), "{}\n{:#?}", text, filter);
        }
    }

    #[test]
    fn no_text_of_a_query_is_in_the_sql(word in "zq[a-z0-9'\"%_;é]{4,12}", field in 0..FIELDS.len(), star in any::<bool>()) {
        let value: String = word.chars().flat_map(|char| ['\\', char]).chain(star.then_some('*')).collect();
        let filter = filter(&FIELDS[field].replace("VALUE", &value));
        prop_assert!(!filter.sql.contains("zq"), "{}", filter.sql);
        let has_it = |parameter: &Parameter| matches!(parameter, Parameter::Text(text) if text.contains("zq"));
        prop_assert!(filter.parameters.iter().any(has_it));
        found(&database(), &filter.sql, &filter.parameters);
    }
}

/// Every place of a query where text can be.
const FIELDS: [&str; 14] = [
    "VALUE AND blocked:true",
    "name:VALUE",
    "email:VALUE",
    "user_id:VALUE",
    "phone_number:VALUE",
    "picture:(a VALUE)",
    "multifactor:VALUE",
    "connection:VALUE",
    "identities.connection:VALUE",
    "identities.provider:VALUE",
    "identities.user_id:VALUE",
    "user_metadata.a:VALUE",
    "app_metadata.VALUE:1",
    "_exists_:user_metadata.VALUE",
];

//! Made-up users in a database of their own.

use proptest::{collection::vec, option, prelude::*, sample::select};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::domain::{
    user_query::testing::{PATHS, TEXTS},
    user_search::write_words,
};

/// Names and strategies of the connections; their keys count from 1.
pub const CONNECTIONS: [(&str, &str); 3] = [("main", "auth0"), ("Main", "sub"), ("5", "true")];

#[derive(Debug, Clone)]
pub struct User {
    pub connection: usize,
    pub user_id: String,
    pub email: Option<String>,
    pub username: Option<String>,
    pub phone_number: Option<String>,
    pub name: Option<String>,
    /// `given_name`, `family_name`, `nickname`, `picture` and `last_ip`.
    pub texts: [Option<String>; 5],
    /// `email_verified`, `phone_verified` and `blocked`.
    pub flags: [bool; 3],
    /// `created_at`, `updated_at`, `last_login`, `last_password_reset` and `multifactor_last_modified`; the first two are
    /// always there.
    pub dates: [Option<i64>; 5],
    pub logins_count: Option<i64>,
    pub multifactor: Option<Value>,
    pub identities: Option<Value>,
    pub user_metadata: Option<Value>,
    pub app_metadata: Option<Value>,
}

pub fn users() -> impl Strategy<Value = Vec<User>> {
    vec(user(), 1..8).prop_map(|mut users| {
        // Identifiers are unique, as in the store.
        for (index, user) in users.iter_mut().enumerate().skip(1) {
            user.user_id.push_str(&index.to_string());
            for text in [&mut user.email, &mut user.username, &mut user.phone_number].into_iter().flatten() {
                text.push_str(&index.to_string());
            }
        }
        users
    })
}

fn text() -> impl Strategy<Value = String> {
    select(TEXTS.to_vec()).prop_map(str::to_owned)
}

fn user() -> impl Strategy<Value = User> {
    let lower = || option::of(text().prop_map(|text| text.to_lowercase()));
    let date = || option::of(0i64..8);
    (
        (0..CONNECTIONS.len(), text(), any::<bool>(), lower(), lower(), option::of(text())),
        (option::of(text()), option::of(text()), option::of(text()), option::of(text()), option::of(text())),
        option::of(text()),
        any::<[bool; 3]>(),
        (0i64..8, 0i64..8, date(), date(), date(), date()),
        option::of(vec(text().prop_map(Value::from), 0..3).prop_map(Value::from)),
        option::of(vec(identity(), 0..3).prop_map(Value::from)),
        option::of(metadata()),
        option::of(metadata()),
    )
        .prop_map(|(ids, texts, name, flags, numbers, multifactor, identities, user_metadata, app_metadata)| {
            let (connection, user_id, prefixed, email, username, phone_number) = ids;
            let strategy = CONNECTIONS[connection].1;
            User {
                connection,
                user_id: if prefixed { format!("{strategy}|{user_id}") } else { user_id },
                email,
                username,
                phone_number,
                name,
                texts: texts.into(),
                flags,
                dates: [Some(numbers.0), Some(numbers.1), numbers.2, numbers.3, numbers.4],
                logins_count: numbers.5,
                multifactor,
                identities,
                user_metadata,
                app_metadata,
            }
        })
}

fn identity() -> impl Strategy<Value = Value> {
    let user_id = prop_oneof![text().prop_map(Value::from), Just(json!(5)), Just(json!(12345678901234567890_u64))];
    let name = || option::of(select(vec!["main", "Main", "5", "auth0", "true"]));
    (name(), name(), option::of(user_id), option::of(any::<bool>())).prop_map(
        |(connection, provider, user_id, social)| {
            let mut identity = serde_json::Map::new();
            for (name, value) in [
                ("connection", connection.map(Value::from)),
                ("provider", provider.map(Value::from)),
                ("user_id", user_id),
                ("isSocial", social.map(Value::from)),
                ("profileData", Some(json!({ "connection": "main", "a": [5] }))),
            ] {
                identity.extend(value.map(|value| (name.to_owned(), value)));
            }
            Value::Object(identity)
        },
    )
}

fn metadata() -> impl Strategy<Value = Value> {
    let scalar = || {
        prop_oneof![
            4 => text().prop_map(Value::from),
            4 => select(vec![json!(5), json!(5.5), json!(0), json!(-1), json!(1000.0), json!(5.0)]),
            2 => any::<bool>().prop_map(Value::from),
            1 => Just(Value::Null),
        ]
    };
    let value = scalar().prop_recursive(2, 8, 3, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec((select(vec!["a", "b"]), inner), 0..3)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    });
    vec((select(PATHS.to_vec()), value), 0..4)
        .prop_map(|members| members.into_iter().map(|(path, value)| (path[0].to_owned(), value)).collect())
}

/// A database with the schema of the store, and the connections.
pub fn database() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    for migration in [
        include_str!("../../migrations/sqlite/0001_initial.sql"),
        include_str!("../../migrations/sqlite/0005_user_search.sql"),
    ] {
        database.execute_batch(migration).unwrap();
    }
    for (seq, (name, strategy)) in (1_i64..).zip(CONNECTIONS) {
        let connection = params![seq, seq.to_string(), name, strategy];
        let insert = "INSERT INTO connections (seq, id, name, strategy, created_at) VALUES (?, ?, ?, ?, 0)";
        database.execute(insert, connection).unwrap();
    }
    database
}

/// Adds a user with the key `seq`.
pub fn add(database: &Connection, seq: i64, user: &User) {
    let json = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    let insert = "INSERT INTO users (seq, connection_seq, user_id, email, username, phone_number, name, given_name, \
         family_name, nickname, picture, last_ip, email_verified, phone_verified, blocked, created_at, updated_at, \
         last_login, last_password_reset, multifactor_last_modified, logins_count, multifactor, identities, \
         user_metadata, app_metadata) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let [given_name, family_name, nickname, picture, last_ip] = &user.texts;
    let row = params![
        seq,
        user.connection_seq(),
        user.user_id,
        user.email,
        user.username,
        user.phone_number,
        user.name,
        given_name,
        family_name,
        nickname,
        picture,
        last_ip,
        user.flags[0],
        user.flags[1],
        user.flags[2],
        user.dates[0],
        user.dates[1],
        user.dates[2],
        user.dates[3],
        user.dates[4],
        user.logins_count,
        json(&user.multifactor),
        json(&user.identities),
        json(&user.user_metadata),
        json(&user.app_metadata),
    ];
    database.prepare_cached(insert).unwrap().execute(row).unwrap();
    let [name, email, username, user_id, phone_number] = user.searched().map(words);
    let insert = "INSERT INTO user_search (rowid, name, email, username, user_id, phone_number, connection) \
         VALUES (?, ?, ?, ?, ?, ?, ?)";
    let row = params![seq, name, email, username, user_id, phone_number, user.connection_seq().to_string()];
    database.prepare_cached(insert).unwrap().execute(row).unwrap();
}

impl User {
    /// The key of the user's connection.
    pub fn connection_seq(&self) -> i64 {
        i64::try_from(self.connection + 1).unwrap()
    }

    /// What the search box looks in.
    pub fn searched(&self) -> [Option<&str>; 5] {
        let optional = [&self.name, &self.email, &self.username, &self.phone_number].map(Option::as_deref);
        let [name, email, username, phone_number] = optional;
        [name, email, username, Some(&self.user_id), phone_number]
    }
}

/// The words of an attribute.
pub fn words(text: Option<&str>) -> String {
    let mut out = String::new();
    write_words(text.unwrap_or_default(), &mut out);
    out
}

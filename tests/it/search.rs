//! What a search for users finds, on a real database.

use muster::{
    domain::user_search::{Search, write_words},
    server::store::Store,
};
use proptest::prelude::*;
use tokio::runtime::Handle;

use crate::{databases::on_every_database, support::World};

on_every_database! {
    what_a_search_finds,
    a_search_keeps_to_its_connection,
    ("multi_thread") the_index_finds_what_a_look_at_every_user_finds,
}

/// A search that is one.
pub fn search(text: &str) -> Search {
    Search::parse(text).unwrap().unwrap()
}

/// The ids of all users that a search finds, from page to page.
pub async fn found(store: &Store, text: &str, connection_seq: Option<i64>) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.found_page(&search(text), connection_seq, cursor).await.unwrap();
        ids.extend(page.users.iter().map(|user| user.user_id.clone()));
        match page.older {
            Some(older) => cursor = Some(older),
            None => return ids,
        }
    }
}

/// Users with difficult names.
pub const USERS: &str = r#"{"user_id": "1", "name": "Ann Smith-Lee", "email": "ann.lee@example.com", "phone_number": "+4915123456789"}
{"user_id": "2", "name": "Jörg MÜLLER", "username": "jmueller_77"}
{"user_id": "3", "name": "Ολυμπία ΔΟΥΚΑΣ", "email": "o.d@example.org"}
{"user_id": "4", "name": "山田 太郎", "username": "taro"}
{"user_id": "5", "name": "محمد العربي 😀", "username": "mo"}
{"user_id": "5f7c8ec7c33c6c004bbafe82", "name": "100% \"quoted\" _under_ 'x' (OR) a*b", "username": "weird"}
{"user_id": "7", "nickname": "Hidden", "given_name": "Secretive", "user_metadata": {"city": "Köln"}, "username": "plain"}"#;

async fn what_a_search_finds(world: World) {
    let (seq, _) = world.connection("Db").await;
    assert_eq!(world.import(seq, USERS.as_bytes()).0.inserted, 7);
    let all = &["7", "5f7c8ec7c33c6c004bbafe82", "5", "4", "3", "2", "1"][..];
    for (text, ids) in [
        // Names, in any case and order; words by how they begin.
        ("ann", &["1"][..]),
        ("ANN", &["1"]),
        ("lee ann", &["1"]),
        ("smith-lee", &["1"]),
        ("smi", &["1"]),
        ("nn", &[]),
        ("mith", &[]),
        ("ann bob", &[]),
        // A part is in one attribute, its words one after the other.
        ("ann.lee@example.com", &["1"]),
        ("lee@exa", &["1"]),
        ("lee.ann", &[]),
        ("ann-smith ann.lee", &["1"]),
        ("example", &["3", "1"]),
        ("com", &["1"]),
        // Usernames, ids, phone numbers.
        ("jmueller", &["2"]),
        ("jmueller_77", &["2"]),
        ("77", &["2"]),
        ("auth0|5f7c8ec7c33c6c004bbafe82", &["5f7c8ec7c33c6c004bbafe82"]),
        ("5F7C", &["5f7c8ec7c33c6c004bbafe82"]),
        ("auth0", all),
        ("auth0|5", &["5f7c8ec7c33c6c004bbafe82", "5"]),
        ("+4915123456789", &["1"]),
        ("+49 (151) 234", &["1"]),
        ("49151", &["1"]),
        // Other scripts.
        ("müller", &["2"]),
        ("MÜLL", &["2"]),
        ("muller", &[]),
        ("δουκασ", &["3"]),
        ("δουκας", &["3"]),
        ("太郎", &["4"]),
        ("田", &["4"]),
        ("郎太", &[]),
        ("العربي", &["5"]),
        ("😀", &["5"]),
        ("😀\u{fe0f}", &["5"]),
        // What means something to a database means nothing here.
        ("100%", &["5f7c8ec7c33c6c004bbafe82"]),
        ("%", &[]),
        ("_", &[]),
        ("*", &[]),
        ("\"", &[]),
        ("\"quoted\"", &["5f7c8ec7c33c6c004bbafe82"]),
        ("'x'", &["5f7c8ec7c33c6c004bbafe82"]),
        ("(OR)", &["5f7c8ec7c33c6c004bbafe82", "3"]),
        ("a*b", &["5f7c8ec7c33c6c004bbafe82"]),
        ("ann OR taro", &[]),
        ("NOT ann", &[]),
        ("name:ann", &[]),
        ("- name", &[]),
        ("connection : 1", &[]),
        ("NEAR(ann lee)", &[]),
        ("ann\0", &["1"]),
        ("ann\u{2028}lee", &["1"]),
        // What is not searched.
        ("hidden", &[]),
        ("secretive", &[]),
        ("köln", &[]),
    ] {
        let expected: Vec<_> = ids.iter().map(|id| format!("auth0|{id}")).collect();
        assert_eq!(found(&world.store, text, None).await, expected, "{text:?}");
        let count = world.store.count_found(&search(text), None, None).await.unwrap();
        assert_eq!(count, expected.len() as u64, "{text:?}");
    }
}

async fn a_search_keeps_to_its_connection(world: World) {
    let (first, _) = world.connection("First").await;
    let (second, _) = world.connection("Second").await;
    let lines = |connection: &str| {
        (0..120)
            .map(|n| format!("{{\"username\": \"ann{n}_{connection}\", \"user_id\": \"{connection}{n}\"}}\n"))
            .collect::<String>()
    };
    world.import(first, lines("a").as_bytes());
    world.import(second, lines("b").as_bytes());
    for (connection, count) in [(None, 240), (Some(first), 120), (Some(second), 120), (Some(99), 0)] {
        assert_eq!(found(&world.store, "ann", connection).await.len(), count);
        assert_eq!(world.store.count_found(&search("ann"), connection, None).await.unwrap(), count as u64);
    }
    let ids = found(&world.store, "ann", Some(first)).await;
    assert!(ids.iter().all(|id| id.starts_with("auth0|a")), "{ids:?}");
    // Counting may end early.
    assert_eq!(world.store.count_found(&search("ann"), None, Some(100)).await.unwrap(), 101);
    // A connection's key is no word of its users.
    assert_eq!(found(&world.store, &second.to_string(), None).await, [""; 0]);
}

/// Says the same as the index, in the simplest way.
fn matches(text: &str, attributes: &[Option<String>]) -> bool {
    let words = |text: &str| {
        let mut words = String::new();
        write_words(text, &mut words);
        words.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let parts: Vec<_> = text.split_whitespace().map(words).filter(|part| !part.is_empty()).collect();
    !parts.is_empty()
        && parts.iter().all(|part| {
            let (last, before) = part.split_last().unwrap();
            attributes.iter().flatten().any(|attribute| {
                words(attribute).windows(part.len()).any(|window| {
                    let (end, start) = window.split_last().unwrap();
                    start == before && end.starts_with(last)
                })
            })
        })
}

async fn the_index_finds_what_a_look_at_every_user_finds(world: World) {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 600, 7);
    world.import(seq, USERS.as_bytes());
    type Row = (String, Option<String>, Option<String>, Option<String>, Option<String>);
    let sql = "SELECT user_id, name, email, username, phone_number FROM users ORDER BY seq DESC";
    let users = world.rows::<Row>(sql).await.into_iter();
    let users: Vec<_> = users.map(|(id, a, b, c, d)| (id.clone(), [Some(id), a, b, c, d])).collect();
    assert_eq!(users.len(), 607);
    let texts: Vec<String> = users.iter().flat_map(|(_, attributes)| attributes.iter().flatten().cloned()).collect();
    // Pieces of what there is, in another case, and now and then of what there is not.
    let piece = (any::<prop::sample::Index>(), 0..40_usize, 1..12_usize, any::<bool>()).prop_map(
        move |(index, from, len, upper)| {
            let piece: String = index.get(&texts).chars().skip(from).take(len).collect();
            if upper { piece.to_uppercase() } else { piece }
        },
    );
    let part = prop_oneof![4 => piece, 1 => "[a-z]{1,2}", 1 => "\\PC{1,3}"];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&prop::collection::vec(part, 1..4), |parts| {
            let text = parts.join(" ");
            let Ok(Some(_)) = Search::parse(&text) else { return Ok(()) };
            prop_assume!(!text.trim().starts_with('+'));
            let expected: Vec<_> =
                users.iter().filter(|(_, attributes)| matches(&text, attributes)).map(|(id, _)| id.clone()).collect();
            let found = found(&world.store, &text, Some(seq));
            let found = tokio::task::block_in_place(|| Handle::current().block_on(found));
            prop_assert_eq!(found, expected, "{:?}", text);
            Ok(())
        })
        .unwrap();
}

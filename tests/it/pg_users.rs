//! Lists and searches of users in PostgreSQL: the same as in SQLite.

use muster::{
    domain::{
        user::{Attribute, UsersPage},
        user_list::{Part, Sort, UserList},
        user_query::UserQuery,
    },
    server::store::{Store, user_writer::Mode},
};

use crate::{
    import_support::generated,
    pg_world::world,
    search::{USERS, search},
    support::World,
};

async fn fill(world: &World) -> (i64, i64) {
    let (first, _) = world.connection("First").await;
    let (second, _) = world.connection("Second").await;
    assert_eq!(world.import(first, USERS.as_bytes()).0.inserted, 7);
    world.import_as(second, Mode::Insert, &generated(700, 7));
    (first, second)
}

/// All pages down to the end, and back up to the first.
async fn walk(page: impl AsyncFn(Option<muster::domain::user::UsersCursor>) -> UsersPage) -> Vec<UsersPage> {
    let mut pages = vec![page(None).await];
    while let Some(older) = pages[pages.len() - 1].older {
        pages.push(page(Some(older)).await);
    }
    while let Some(newer) = pages[pages.len() - 1].newer {
        pages.push(page(Some(newer)).await);
    }
    pages
}

#[tokio::test]
async fn pages_searches_and_counts_are_those_of_sqlite() {
    let (other, _) = world().await;
    let world = World::new().await;
    let (first, second) = fill(&world).await;
    assert_eq!(fill(&other).await, (first, second));
    let (one, other) = (&world.store, &other.store);
    for connection in [None, Some(first), Some(second)] {
        let pages =
            async |store: &Store| walk(async |cursor| store.users_page(connection, cursor).await.unwrap()).await;
        assert_eq!(pages(one).await, pages(other).await);
        for text in [
            "ann",
            "ANN",
            "lee ann",
            "smith-lee",
            "smi",
            "nn",
            "ann bob",
            "ann.lee@example.com",
            "lee@exa",
            "lee.ann",
            "example",
            "com",
            "jmueller_77",
            "77",
            "auth0",
            "auth0|5",
            "5F7C",
            "+4915123456789",
            "+49 (151) 234",
            "MÜLL",
            "muller",
            "δουκας",
            "太郎",
            "田",
            "郎太",
            "العربي",
            "😀",
            "100%",
            "%",
            "_",
            "*",
            "\"quoted\"",
            "'x'",
            "(OR)",
            "a*b",
            "NOT ann",
            "ann\0",
            "a e",
            "m",
            "1",
            "e 2",
            "köln",
            "'",
            "\\",
            "& | !",
            ":*",
        ] {
            let search = search(text);
            let pages = async |store: &Store| {
                walk(async |cursor| store.found_page(&search, connection, cursor).await.unwrap()).await
            };
            assert_eq!(pages(one).await, pages(other).await, "{text}");
            for most in [None, Some(3)] {
                let count = async |store: &Store| store.count_found(&search, connection, most).await.unwrap();
                assert_eq!(count(one).await, count(other).await, "{text}");
            }
        }
        for text in [
            "email:*@example.com",
            "ann OR blocked:true",
            "user_metadata.city:* NOT name:a*",
            "logins_count:[1 TO 20] example",
            "_missing_:email",
            "name:\"ann smith-lee\"",
            "connection:Second AND email_verified:false",
        ] {
            let query = UserQuery::parse(text).unwrap();
            let pages = async |store: &Store| {
                walk(async |cursor| store.queried_page(&query, connection, cursor).await.unwrap()).await
            };
            assert_eq!(pages(one).await, pages(other).await, "{text}");
            for most in [None, Some(3)] {
                let count = async |store: &Store| store.count_by_query(query.clone(), connection, most).await.unwrap();
                assert_eq!(count(one).await, count(other).await, "{text}");
            }
        }
    }
}

#[tokio::test]
async fn lists_and_single_users_are_those_of_sqlite() {
    let (other, _) = world().await;
    let world = World::new().await;
    let (first, second) = fill(&world).await;
    fill(&other).await;
    let (one, other) = (&world.store, &other.store);
    let sorts = [
        "email",
        "username",
        "name",
        "logins_count",
        "created_at",
        "last_login",
        "blocked",
        "user_id",
        "email_verified",
    ];
    let parts = sorts
        .into_iter()
        .flat_map(|name| [1, -1].map(|direction| format!("{name}:{direction}").parse::<Sort>().unwrap()))
        .flat_map(|sort| [(0, 20), (300, 50)].map(|(start, limit)| Part::Page { start, limit, sort: Some(sort) }))
        .chain([
            Part::Page { start: 5, limit: 10, sort: None },
            Part::After { place: 3, take: 9 },
            Part::After { place: 600, take: 500 },
        ]);
    for part in parts {
        for (q, connection) in
            [("", None), ("", Some(second)), ("a* OR NOT blocked:true", None), ("nobody", Some(first))]
        {
            let list = UserList {
                query: UserQuery::parse(q).unwrap(),
                connection: None,
                part,
                attributes: Attribute::ALL.to_vec(),
                totals: true,
            };
            let found = async |store: &Store| store.list_of_users(list.clone(), connection).await.unwrap();
            assert_eq!(found(one).await, found(other).await, "{part:?} {q}");
        }
    }
    let page = one.users_page(None, None).await.unwrap();
    for user_id in page.users.into_iter().map(|user| user.user_id).chain(["nobody".to_owned(), "a\0b".to_owned()]) {
        let details = async |store: &Store| store.user_details(user_id.clone(), Attribute::ALL.to_vec()).await.unwrap();
        assert_eq!(details(one).await, details(other).await, "{user_id}");
    }
}

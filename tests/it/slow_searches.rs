//! Searches that take too long are given up, and who searched is told.

use std::time::Duration;

use muster::domain::error::AppError;
use serde_json::json;

use crate::{api::Program, databases::on_every_database, support::World};

on_every_database! {
    a_search_that_takes_too_long_is_given_up,
}

/// What no index helps with, for every user many times.
fn slow() -> String {
    let conditions: Vec<_> = (10..90).map(|n| format!("user_metadata.k{n}:*x")).collect();
    conditions.join(" OR ")
}

async fn a_search_that_takes_too_long_is_given_up(mut world: World) {
    let (seq, connection) = world.connection("Db").await;
    world.generate(seq, 5_000, 1);
    let patience = Duration::from_millis(50);
    world.store = world.store.clone().with_search_patience(patience);
    world.renew_services();
    let server = world.serve().await;
    let program = Program::new(&world, &server, "nightly", "read:users").await;
    let viewer = server.client("viewer").await;
    let slow = slow();

    for path in ["/api/v2/users", "/api/v2/users?include_totals=true", "/api/v2/users?take=10&from=0"] {
        let separator = if path.contains('?') { '&' } else { '?' };
        let (status, error) = program.get(&format!("{path}{separator}q={}", slow.replace(' ', "+"))).await;
        assert_eq!((status, &error["errorCode"]), (503, &json!("query_timeout")), "{path}: {error}");
        assert_eq!(error["error"], "Service Unavailable");
    }
    let (status, words) =
        viewer.call("list_users", &[("query[q]", &slow), ("query[connection]", ""), ("query[page]", "")]).await;
    assert!(status == 503 && words.contains("TooSlow"), "{status} {words}");
    let page = viewer.get(&format!("/users?q={}", slow.replace(' ', "+"))).send().await.unwrap();
    assert_eq!(page.status(), 503);
    assert!(page.text().await.unwrap().contains(&AppError::TooSlow.to_string()));
    // Whoever asks for less is answered, also on the connections that were given up.
    for _ in 0..10 {
        let (status, users) = program.get("/api/v2/users?per_page=1&q=_exists_:email").await;
        assert_eq!((status, users.as_array().map(Vec::len)), (200, Some(1)), "{users}");
        let form = [("query[q]", "email:*"), ("query[connection]", connection.as_str()), ("query[page]", "")];
        assert_eq!(viewer.call("list_users", &form).await.0, 200);
    }
    server.running.stop().await;
}

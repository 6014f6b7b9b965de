//! The life of sessions: how they begin, are seen and end.

use muster::domain::session::{SessionView, SessionsOfMember};

use crate::{
    databases::on_every_database,
    invitations::{invite, token},
    support::{Client, NOW, PASSWORD, World},
};

on_every_database! {
    a_session_ends_unused_or_at_its_age_to_the_millisecond,
    a_planted_session_id_is_worth_nothing,
    sessions_are_listed_and_ended,
    a_session_that_was_ended_is_not_brought_back_by_a_request_under_way,
}

const HOUR: i64 = 60 * 60 * 1_000;
const DAY: i64 = 24 * HOUR;

async fn sessions(client: &Client) -> Vec<SessionView> {
    client.ask("my_sessions", &[]).await
}

async fn a_session_ends_unused_or_at_its_age_to_the_millisecond(world: World) {
    let server = world.serve().await;
    let (idle, max) = (12 * HOUR, 7 * DAY);
    let unused = server.client("viewer").await;
    world.clock.advance_millis(idle - 1);
    assert!(unused.is_signed_in().await, "until its last unused millisecond");
    world.clock.advance_millis(idle);
    assert!(!unused.is_signed_in().await);

    let used = server.client("viewer").await;
    let mut age = 0;
    while age + 10 * HOUR < max {
        world.clock.advance_millis(10 * HOUR);
        age += 10 * HOUR;
        let response = used.rpc("my_sessions", &[]).await;
        assert_eq!(response.status(), 200, "{age}");
        // The browser never keeps the cookie for longer than the server does.
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        let max_age: i64 = cookie.split("Max-Age=").nth(1).unwrap().split(';').next().unwrap().parse().unwrap();
        assert_eq!(max_age, idle.min(max - age) / 1_000, "{age}");
    }
    world.clock.advance_millis(max - age - 1);
    assert!(used.is_signed_in().await, "until its very last millisecond");
    world.clock.advance_millis(1);
    assert_eq!(used.call("my_sessions", &[]).await, (401, "\"Unauthenticated\"".to_owned()));
    server.running.stop().await;
}

async fn a_planted_session_id_is_worth_nothing(world: World) {
    let server = world.serve().await;
    let cookie = |response: &reqwest::Response| {
        response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    };
    let form = [("email", "viewer@acme.test"), ("password", PASSWORD)];
    let attacker = server.anonymous();
    let mut planted = cookie(&attacker.rpc("sign_in", &form).await);
    // The victim's browser comes with the attacker's cookie, and signs in and joins by an invitation.
    let admin = server.client("admin").await;
    let link = invite(&admin, "ann@acme.test", "admin").await.link;
    let join = [("token", token(&link)), ("password", PASSWORD)];
    let admin_form = [("email", "admin@acme.test"), ("password", PASSWORD)];
    for (function, form) in [("sign_in", &admin_form), ("accept_invitation", &join)] {
        let victim = reqwest::Client::new();
        let response = victim
            .post(format!("{}/rpc/{function}", server.url))
            .header("cookie", &planted)
            .header("accept", "application/json")
            .form(form)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{function}");
        assert_ne!(cookie(&response), planted, "{function}");
        assert!(!attacker.is_signed_in().await, "{function}: the old id has ended");
        planted = cookie(&attacker.rpc("sign_in", &[("email", "viewer@acme.test"), ("password", PASSWORD)]).await);
    }
    server.running.stop().await;
}

async fn sessions_are_listed_and_ended(world: World) {
    let server = world.serve().await;
    let admin = server.client("admin").await;
    let viewer = world.member_id("viewer").await.to_string();
    let (one, two, three) =
        (server.client("viewer").await, server.client("viewer").await, server.client("viewer").await);
    world.clock.advance_millis(2 * 60_000);
    // A use is written when its request has been answered, so the list of the next one has it.
    assert!(two.is_signed_in().await);
    let mine = sessions(&two).await;
    assert_eq!(mine.len(), 3);
    assert!(mine[0].current && !mine[1].current && !mine[2].current, "the one used last is first");
    assert_eq!(mine[0].signed_in_at, NOW);
    assert_eq!(mine[0].last_seen_at, NOW.plus_millis(2 * 60_000));
    assert_eq!(mine[0].address.as_deref(), Some("127.0.0.1"));
    assert_eq!(mine[0].browser, None, "this client says nothing of itself");

    // Another member's session is nobody's to end, except for an Admin.
    let key = sessions(&one).await.into_iter().find(|session| session.current).unwrap().key;
    let editor = server.client("editor").await;
    assert_eq!(editor.call("end_my_session", &[("key", &key)]).await.0, 404);
    let other = world.member_id("editor").await.to_string();
    assert_eq!(admin.call("end_member_session", &[("id", &other), ("key", &key)]).await.0, 404);
    assert!(one.is_signed_in().await);
    two.ask::<()>("end_my_session", &[("key", &key)]).await;
    let late = one.rpc("my_sessions", &[]).await;
    assert_eq!(late.status(), 401);
    assert_eq!(late.headers().get("set-cookie"), None, "the browser may have the cookie of a newer session by now");
    assert!(!one.is_signed_in().await);
    two.ask::<()>("end_my_other_sessions", &[]).await;
    assert!(two.is_signed_in().await && !three.is_signed_in().await);

    let seen: SessionsOfMember = admin.ask("member_sessions", &[("id", &viewer)]).await;
    assert_eq!((seen.member.email.as_str(), seen.disabled, seen.sessions.len()), ("viewer@acme.test", false, 1));
    assert!(!seen.sessions[0].current);
    admin.ask::<()>("end_member_session", &[("id", &viewer), ("key", &seen.sessions[0].key)]).await;
    assert!(!two.is_signed_in().await);
    let (one, two) = (server.client("viewer").await, server.client("viewer").await);
    admin.ask::<()>("end_member_sessions", &[("id", &viewer)]).await;
    assert!(!one.is_signed_in().await && !two.is_signed_in().await);
    assert!(admin.is_signed_in().await);
    let one = server.client("viewer").await;
    world.services.operator_sign_out("Viewer@acme.test").await.unwrap();
    assert!(!one.is_signed_in().await);
    server.running.stop().await;
}

async fn a_session_that_was_ended_is_not_brought_back_by_a_request_under_way(world: World) {
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    let key = sessions(&viewer).await.remove(0).key;
    let id = world.member_id("viewer").await;
    assert!(world.store.delete_session_of(id, &key).await.unwrap());
    // What such a request does last: it writes that the session was used.
    let now = NOW;
    world.store.renew_session(&key, now, now.plus_millis(HOUR)).await.unwrap();
    assert!(world.store.session(&key, now).await.unwrap().is_none());
    assert!(!viewer.is_signed_in().await);
    server.running.stop().await;
}
